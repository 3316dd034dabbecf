package testutil

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/pvss"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// Conduct is what a validator does in the rounds of the seed that departs from its duty. The zero value does all of it.
type Conduct struct {
	// Silent does not deal, Sealed does not open, Idle does not decrypt what others did not open.
	Silent, Sealed, Idle bool
	// Dealing changes what it deals, Opening what it opens, Shares what it decrypted.
	Dealing func(dealing []byte) []byte
	Opening func(opening []byte) []byte
	Shares  func(shares [][]byte) [][]byte
}

// BeaconKey is validator i's n-th secret beacon key.
func BeaconKey(i, n int) pvss.SecretKey {
	seed := sha256.Sum256([]byte(fmt.Sprint("beacon ", i, " ", n)))
	key, err := pvss.NewSecretKey(seed[:])
	if err != nil {
		panic(err)
	}
	return key
}

// BeaconProof is validator i's n-th beacon key with its proof of possession.
func BeaconProof(i, n int) *types.BeaconKeyProof {
	return ProveBeacon(ChainID, Operator(i).String(), BeaconKey(i, n))
}

// ProveBeacon is a beacon key with its proof of possession for an operator on a chain.
func ProveBeacon(chainID, operator string, key pvss.SecretKey) *types.BeaconKeyProof {
	proof, err := key.ProvePossession(chainID, operator)
	if err != nil {
		panic(err)
	}
	public := key.PublicKey()
	return &types.BeaconKeyProof{Key: public[:], Proof: proof[:]}
}

// ageBeacon makes a beacon key that was registered before the first era began as old as one that genesis names, so that the first era has
// a round.
func (c *Chain) ageBeacon(i int) {
	era, err := c.Keeper.CurrentEra(c.Ctx)
	require.NoError(c.T, err)
	if !era.EndTime.IsZero() {
		return
	}
	candidate, err := c.Keeper.Candidates.Get(c.Ctx, Operator(i))
	require.NoError(c.T, err)
	candidate.BeaconEra = 0
	require.NoError(c.T, c.Keeper.Candidates.Set(c.Ctx, Operator(i), candidate))
}

// Deal has all dealers of the running round do what is due in this block, each as Conducts says. Next and Run do so by themselves.
func (c *Chain) Deal() {
	c.T.Helper()
	era, err := c.Keeper.CurrentEra(c.Ctx)
	require.NoError(c.T, err)
	round, err := c.Keeper.Rounds.Get(c.Ctx, era.Number)
	if err != nil || !round.Running() {
		return
	}
	answer, err := c.Queries.Seed(c.Ctx, &types.QuerySeedRequest{})
	require.NoError(c.T, err)
	c.act(round, answer.Dealers)
}

// act sends every dealer's messages of this block.
func (c *Chain) act(round types.Round, dealers []types.Dealer) {
	height := c.Ctx.BlockHeight()
	for _, dealer := range dealers {
		player, found := c.player(dealer)
		if !found {
			continue
		}
		switch {
		case round.Status == types.ROUND_STATUS_DEAL && height <= round.DealEnd:
			c.dealFor(player, round, dealers, dealer)
		case round.Status == types.ROUND_STATUS_REVEAL && height <= round.RevealEnd:
			c.openFor(player, round, dealers, dealer)
		}
	}
	if round.Status == types.ROUND_STATUS_REVEAL && height >= round.DecryptFrom && height <= round.RevealEnd {
		c.decryptAll(round, dealers)
	}
}

// player is a validator in a round, with the beacon key that the round has of it.
type player struct {
	conduct   Conduct
	submitter string
	key       pvss.SecretKey
}

// maxPlayers and maxBeaconKeys bound the validators and the keys of one that Deal recognizes.
const (
	maxPlayers    = 128
	maxBeaconKeys = 3
)

func (c *Chain) player(dealer types.Dealer) (player, bool) {
	i := slices.IndexFunc(c.operators(), func(operator string) bool { return operator == dealer.Operator })
	if i < 0 {
		return player{}, false
	}
	submitter, err := c.Keeper.SubmitterOf.Get(c.Ctx, Operator(i))
	require.NoError(c.T, err)
	for n := range maxBeaconKeys {
		key := c.BeaconKeyOf(i, n)
		if public := key.PublicKey(); string(public[:]) == string(dealer.BeaconKey) {
			return player{c.Conducts[i], sdk.AccAddress(submitter).String(), key}, true
		}
	}
	return player{}, false
}

// operators are the validators' texts by index.
func (c *Chain) operators() []string {
	if c.texts == nil {
		for i := range maxPlayers {
			c.texts = append(c.texts, Operator(i).String())
		}
	}
	return c.texts
}

// proofs is what the proofs of a round are made for.
func (c *Chain) proofs(round types.Round, dealers []types.Dealer) *pvss.Round {
	proofs, err := round.Context(ChainID, dealers)
	require.NoError(c.T, err)
	return proofs
}

func (c *Chain) dealFor(p player, round types.Round, dealers []types.Dealer, dealer types.Dealer) {
	if p.conduct.Silent || dealer.Status != types.DEALER_STATUS_AWAITED || dealer.Refused >= types.MaxRefusedDealings {
		return
	}
	dealing, err := pvss.Deal(c.proofs(round, dealers), dealer.Operator, p.key)
	require.NoError(c.T, err)
	if p.conduct.Dealing != nil {
		dealing = p.conduct.Dealing(dealing)
	}
	_, err = c.Msgs.Deal(c.Ctx, &types.MsgDeal{Submitter: p.submitter, Era: round.Era, Dealing: dealing})
	require.NoError(c.T, err)
}

func (c *Chain) openFor(p player, round types.Round, dealers []types.Dealer, dealer types.Dealer) {
	if p.conduct.Sealed || dealer.Status != types.DEALER_STATUS_DEALT {
		return
	}
	opening, err := pvss.OpenDealing(c.proofs(round, dealers), dealer.Operator, p.key)
	require.NoError(c.T, err)
	secret := opening.Bytes()
	if p.conduct.Opening != nil {
		secret = p.conduct.Opening(secret)
	}
	_, err = c.Msgs.Open(c.Ctx, &types.MsgOpen{Submitter: p.submitter, Era: round.Era, Secret: secret})
	if p.conduct.Opening != nil {
		require.ErrorIs(c.T, err, types.ErrInvalidOpening)
		return
	}
	require.NoError(c.T, err)
}

// decryptAll has every dealer decrypt its shares of what is not opened after this block's openings.
func (c *Chain) decryptAll(round types.Round, dealers []types.Dealer) {
	for _, target := range dealers {
		stored, err := c.Queries.Seed(c.Ctx, &types.QuerySeedRequest{Era: round.Era})
		require.NoError(c.T, err)
		at := slices.IndexFunc(stored.Dealers, func(d types.Dealer) bool { return d.Operator == target.Operator })
		if stored.Dealers[at].Status != types.DEALER_STATUS_DEALT {
			continue
		}
		for _, decryptor := range dealers {
			if p, found := c.player(decryptor); found && !p.conduct.Idle && decryptor.Slots > 0 {
				c.decryptFor(p, round, dealers, decryptor, target)
			}
		}
	}
}

func (c *Chain) decryptFor(p player, round types.Round, dealers []types.Dealer, decryptor, target types.Dealer) {
	answer, err := c.Queries.Dealing(c.Ctx, &types.QueryDealingRequest{Era: round.Era, Operator: target.Operator})
	require.NoError(c.T, err)
	if slices.Contains(answer.Decryptors, decryptor.Operator) {
		return
	}
	msg := DecryptionOf(c.T, c.proofs(round, dealers), answer.Dealing, p.key, decryptor, target)
	msg.Submitter = p.submitter
	if p.conduct.Shares != nil {
		msg.Shares = p.conduct.Shares(msg.Shares)
	}
	_, err = c.Msgs.Decrypt(c.Ctx, msg)
	if p.conduct.Shares != nil {
		require.ErrorIs(c.T, err, types.ErrInvalidDecryption)
		return
	}
	require.NoError(c.T, err)
}

// DecryptionOf is a decryptor's message, without its submitter, about another's dealing.
func DecryptionOf(
	t require.TestingT, proofs *pvss.Round, encoded []byte, key pvss.SecretKey, decryptor, target types.Dealer,
) *types.MsgDecrypt {
	dealing, err := pvss.ParseDealing(proofs.Slots(), encoded)
	require.NoError(t, err)
	encrypted, err := dealing.EncryptedShares(decryptor.SlotNumbers())
	require.NoError(t, err)
	shares, proof, err := pvss.Decrypt(proofs, target.Operator, encrypted, key)
	require.NoError(t, err)
	msg := &types.MsgDecrypt{Era: proofs.Era(), Dealer: target.Operator, Proof: proof[:]}
	for _, share := range shares {
		msg.Shares = append(msg.Shares, share.Value[:])
	}
	return msg
}
