package app_test

import (
	"errors"
	"slices"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"

	"github.com/stafiprotocol/stafid/x/ssv/keeper"
	"github.com/stafiprotocol/stafid/x/ssv/pvss"
	ssvsim "github.com/stafiprotocol/stafid/x/ssv/simulation"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

// lifeDealers is the beacon size of a life: the fewest slots of which a coalition can be missing and the rest still rebuild.
const lifeDealers = 6

// conduct is what an SV's relayer does in the round of an era.
type conduct int

const (
	dutiful conduct = iota
	// silent deals nothing, garbling deals what does not verify half the time, sealed neither opens what it dealt nor decrypts others'.
	silent
	garbling
	sealed
)

// seedRound is the round that runs, as the relayers see it before a block.
type seedRound struct {
	*ssvtypes.QuerySeedResponse
	proofs *pvss.Round
	// height is that of the block to come.
	height int64
}

// beacon proves possession of a new beacon key of an SV, by whose secret it can be dealt.
func (l *consensusLife) beacon(v *sv) *ssvtypes.BeaconKeyProof {
	proof := ssvsim.BeaconProof(testChainID, v.text, v.signers)
	l.beacons[string(proof.Key)] = ssvsim.BeaconKey(v.text, v.signers)
	return proof
}

// seedTransactions are what the relayers of the dealers do in the next block for the round of the present era's seed. It is the one
// place that knows where an election's seed comes from.
func (l *consensusLife) seedTransactions(d *draft) {
	l.t.Helper()
	round, runs := l.seedRound()
	if !runs {
		return
	}
	l.chooseConducts(round)
	for _, dealer := range round.Dealers {
		switch v := l.byOperator(dealer.Operator); round.Round.Status {
		case ssvtypes.ROUND_STATUS_DEAL:
			l.dealFor(d, v, round, dealer)
		case ssvtypes.ROUND_STATUS_REVEAL:
			l.openFor(d, v, round, dealer)
			l.decryptFor(d, v, round, dealer)
		}
	}
}

func (l *consensusLife) seedRound() (seedRound, bool) {
	l.t.Helper()
	ctx := l.context()
	era, err := l.app.SSV.CurrentEra(ctx)
	require.NoError(l.t, err)
	round, err := l.app.SSV.Rounds.Get(ctx, era.Number)
	if errors.Is(err, collections.ErrNotFound) || !round.Running() {
		return seedRound{}, false
	}
	require.NoError(l.t, err)
	return l.seedRoundOf(era.Number), true
}

func (l *consensusLife) seedRoundOf(era uint64) seedRound {
	l.t.Helper()
	answer, err := keeper.NewQueryServer(l.app.SSV).Seed(l.context(), &ssvtypes.QuerySeedRequest{Era: era})
	require.NoError(l.t, err)
	round := seedRound{QuerySeedResponse: answer, height: l.height + 1}
	if len(answer.Dealers) > 0 {
		round.proofs, err = answer.Round.Context(answer.ChainId, answer.Dealers)
		require.NoError(l.t, err)
	}
	return round
}

// chooseConducts decides when a round begins how everybody's relayer behaves in it: in one of four rounds half of them fail.
func (l *consensusLife) chooseConducts(round seedRound) {
	if l.conductsOf == round.Round.Era {
		return
	}
	l.conductsOf = round.Round.Era
	clear(l.conducts)
	chance := 12
	if l.r.Intn(4) == 0 {
		chance = 2
	}
	for _, dealer := range round.Dealers {
		if l.r.Intn(chance) == 0 {
			l.conducts[dealer.Operator] = silent + conduct(l.r.Intn(3))
		}
	}
}

func (l *consensusLife) dealFor(d *draft, v *sv, round seedRound, dealer ssvtypes.Dealer) {
	l.t.Helper()
	how := l.conducts[dealer.Operator]
	if how == silent || dealer.Status != ssvtypes.DEALER_STATUS_AWAITED || dealer.Refused >= ssvtypes.MaxRefusedDealings {
		return
	}
	dealing, err := pvss.Deal(round.proofs, dealer.Operator, l.beaconKeyOf(dealer))
	require.NoError(l.t, err)
	if how == garbling && l.r.Intn(2) == 0 {
		dealing[l.r.Intn(len(dealing))] ^= 1
	}
	d.add(v.submitter, &ssvtypes.MsgDeal{Submitter: v.relayer, Era: round.Round.Era, Dealing: dealing}, nil)
}

func (l *consensusLife) beaconKeyOf(dealer ssvtypes.Dealer) pvss.SecretKey {
	l.t.Helper()
	key, found := l.beacons[string(dealer.BeaconKey)]
	require.True(l.t, found, "%s deals by a key that it never had", dealer.Operator)
	return key
}

func (l *consensusLife) openingOf(round seedRound, dealer ssvtypes.Dealer) []byte {
	l.t.Helper()
	opening, err := pvss.OpenDealing(round.proofs, dealer.Operator, l.beaconKeyOf(dealer))
	require.NoError(l.t, err)
	return opening.Bytes()
}

func (l *consensusLife) openFor(d *draft, v *sv, round seedRound, dealer ssvtypes.Dealer) {
	l.t.Helper()
	if dealer.Status == ssvtypes.DEALER_STATUS_DEALT && l.conducts[dealer.Operator] != sealed {
		d.add(v.submitter, &ssvtypes.MsgOpen{Submitter: v.relayer, Era: round.Round.Era, Secret: l.openingOf(round, dealer)}, nil)
	}
}

// decryptFor decrypts a dealer's shares of one secret that is held back.
func (l *consensusLife) decryptFor(d *draft, v *sv, round seedRound, decryptor ssvtypes.Dealer) {
	l.t.Helper()
	if round.height < round.Round.DecryptFrom || decryptor.Slots == 0 || l.conducts[decryptor.Operator] == sealed {
		return
	}
	for _, target := range round.Dealers {
		if target.Status != ssvtypes.DEALER_STATUS_DEALT {
			continue
		}
		held, err := keeper.NewQueryServer(l.app.SSV).Dealing(l.context(), &ssvtypes.QueryDealingRequest{
			Era: round.Round.Era, Operator: target.Operator,
		})
		require.NoError(l.t, err)
		if slices.Contains(held.Decryptors, decryptor.Operator) {
			continue
		}
		d.add(v.submitter, l.decryption(v, round, held.Dealing, decryptor, target), nil)
		return
	}
}

// decryption is what a dealer decrypted of another's dealing.
func (l *consensusLife) decryption(v *sv, round seedRound, encoded []byte, decryptor, target ssvtypes.Dealer) *ssvtypes.MsgDecrypt {
	l.t.Helper()
	dealing, err := pvss.ParseDealing(round.proofs.Slots(), encoded)
	require.NoError(l.t, err)
	encrypted, err := dealing.EncryptedShares(decryptor.SlotNumbers())
	require.NoError(l.t, err)
	shares, proof, err := pvss.Decrypt(round.proofs, target.Operator, encrypted, l.beaconKeyOf(decryptor))
	require.NoError(l.t, err)
	msg := &ssvtypes.MsgDecrypt{Submitter: v.relayer, Era: round.Round.Era, Dealer: target.Operator, Proof: proof[:]}
	for _, share := range shares {
		msg.Shares = append(msg.Shares, share.Value[:])
	}
	return msg
}

// checkSeed wants of an era that began that its election went by the seed of the last era's round, made of the very secrets of the dealers
// whose dealings were accepted, or that nobody was elected where that round failed.
func (l *consensusLife) checkSeed() {
	l.t.Helper()
	era, err := l.app.SSV.CurrentEra(l.context())
	require.NoError(l.t, err)
	if era.Number < 3 || era.Number == l.seen.era {
		return // all founders registered in the first era, in which nobody can deal
	}
	l.seen.era = era.Number
	record, err := l.app.SSV.EraRecords.Get(l.context(), era.Number)
	require.NoError(l.t, err)
	opened, err := l.app.SSV.Rounds.Has(l.context(), era.Number-1)
	require.NoError(l.t, err)
	if !opened { // the chain was down when the pool was to be frozen
		require.Empty(l.t, record.Seed, "era %d", era.Number)
		l.seen.roundsMissed++
		return
	}
	round := l.seedRoundOf(era.Number - 1)
	if round.Round.Status != ssvtypes.ROUND_STATUS_DONE {
		require.Equal(l.t, ssvtypes.ROUND_STATUS_FAILED, round.Round.Status, "era %d", era.Number-1)
		require.NotEmpty(l.t, round.Round.Reason)
		require.Empty(l.t, record.Seed, "era %d", era.Number)
		l.seen.roundsFailed++
		return
	}
	require.Equal(l.t, round.Round.Seed, record.Seed, "era %d", era.Number)
	require.Equal(l.t, l.secretSeed(round), record.Seed, "era %d", era.Number)
	l.seen.roundsDone++
}

// secretSeed is the seed as those would compute it who have all secrets.
func (l *consensusLife) secretSeed(round seedRound) []byte {
	l.t.Helper()
	var secrets []pvss.Element
	for _, dealer := range round.Dealers {
		l.seen.refusedDealings += int(dealer.Refused)
		if !dealer.Dealt() {
			continue
		}
		if dealer.Status == ssvtypes.DEALER_STATUS_REBUILT {
			l.seen.rebuilt++
		}
		commitment, err := pvss.ParseElement(dealer.Commitment)
		require.NoError(l.t, err)
		secret, err := pvss.VerifyOpening(commitment, l.openingOf(round, dealer))
		require.NoError(l.t, err)
		secrets = append(secrets, secret)
	}
	seed := pvss.Seed(testChainID, round.Round.Era, secrets)
	return seed[:]
}
