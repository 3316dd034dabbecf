package beacon_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"iter"
	"testing"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/types/bech32"
	txtypes "github.com/cosmos/cosmos-sdk/types/tx"
	"github.com/cosmos/cosmos-sdk/x/authz"

	"github.com/stafiprotocol/stafid/x/ssv/beacon"
	"github.com/stafiprotocol/stafid/x/ssv/pvss"
	"github.com/stafiprotocol/stafid/x/ssv/slots"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

const (
	chainID = "stafi-test-1"
	era     = 7
	frozen  = 100
)

// lifeOfRound is a finished round with its blocks: six dealers, of whom
//
//	0 deals and opens;
//	1 deals and opens through x/authz, two layers deep;
//	2 hands in garbage, then deals and opens;
//	3 deals and vanishes: its secret is rebuilt of what 0, 1 and 2 decrypted;
//	4 deals and opens after others have decrypted some of its shares;
//	5 hands in garbage three times.
type lifeOfRound struct {
	t      *testing.T
	keys   []pvss.SecretKey
	proofs *pvss.Round
	record beacon.Record
	blocks []beacon.Block
}

var weights = []uint64{30, 25, 20, 20, 15, 3}

func newLife(t *testing.T) *lifeOfRound {
	t.Helper()
	l := &lifeOfRound{t: t}
	count := slots.Count(len(weights))
	l.record = beacon.Record{ChainId: chainID, Round: types.Round{
		Era: era, Status: types.ROUND_STATUS_DONE, FreezeHeight: frozen, DealEnd: frozen + 20, MaxDealingsPerBlock: 2,
		ChainId: chainID, Anchor: bytes.Repeat([]byte{0xa0}, 32),
		Slots: uint32(count), Threshold: uint32(slots.Threshold(count)),
	}}
	next := uint32(1)
	for i, owned := range slots.Allot(weights, count) {
		key, err := pvss.NewSecretKey(bytes.Repeat([]byte{byte(i + 1)}, pvss.SeedSize))
		require.NoError(t, err)
		operator, err := bech32.ConvertAndEncode("stafivaloper", bytes.Repeat([]byte{byte(i + 1)}, 20))
		require.NoError(t, err)
		public := key.PublicKey()
		l.keys = append(l.keys, key)
		l.record.Dealers = append(l.record.Dealers, types.Dealer{
			Operator: operator, BeaconKey: public[:], Weight: weights[i], FirstSlot: next, Slots: uint32(owned),
		})
		next += uint32(owned)
	}
	var err error
	l.proofs, err = l.record.Round.Context(chainID, l.record.Dealers)
	require.NoError(t, err)
	for height := int64(frozen + 1); height <= frozen+40; height++ {
		l.blocks = append(l.blocks, beacon.Block{ChainID: chainID, Height: height, LastHash: []byte("of the block before"), Codes: []uint32{}})
	}
	l.blocks[0].LastHash = l.record.Round.Anchor
	return l
}

func account(i int) string { return fmt.Sprintf("stafi1account%d", i) }

// put includes a transaction in a block, with the code of its result.
func (l *lifeOfRound) put(height int64, code uint32, messages ...proto.Message) {
	l.t.Helper()
	block := &l.blocks[height-frozen-1]
	require.Equal(l.t, height, block.Height)
	block.Txs = append(block.Txs, transaction(l.t, messages...))
	block.Codes = append(block.Codes, code)
}

func transaction(t *testing.T, messages ...proto.Message) []byte {
	t.Helper()
	body, err := proto.Marshal(&txtypes.TxBody{Messages: packed(t, messages...)})
	require.NoError(t, err)
	raw, err := proto.Marshal(&txtypes.TxRaw{BodyBytes: body, AuthInfoBytes: []byte{1}, Signatures: [][]byte{{2}}})
	require.NoError(t, err)
	return raw
}

func packed(t *testing.T, messages ...proto.Message) []*codectypes.Any {
	t.Helper()
	all := make([]*codectypes.Any, 0, len(messages))
	for _, message := range messages {
		anyOf, err := codectypes.NewAnyWithValue(message)
		require.NoError(t, err)
		all = append(all, anyOf)
	}
	return all
}

func exec(t *testing.T, messages ...proto.Message) *authz.MsgExec {
	t.Helper()
	return &authz.MsgExec{Grantee: "stafi1grantee", Msgs: packed(t, messages...)}
}

func (l *lifeOfRound) dealing(i int) *types.MsgDeal {
	made, err := pvss.Deal(l.proofs, l.record.Dealers[i].Operator, l.keys[i])
	require.NoError(l.t, err)
	return &types.MsgDeal{Submitter: account(i), Era: era, Dealing: made}
}

// garbage is a dealing of the right length that is not valid.
func (l *lifeOfRound) garbage(i int) *types.MsgDeal {
	msg := l.dealing(i)
	msg.Dealing[len(msg.Dealing)-1] ^= 1
	return msg
}

func (l *lifeOfRound) opening(i int) *types.MsgOpen {
	opening, err := pvss.OpenDealing(l.proofs, l.record.Dealers[i].Operator, l.keys[i])
	require.NoError(l.t, err)
	return &types.MsgOpen{Submitter: account(i), Era: era, Secret: opening.Bytes()}
}

func (l *lifeOfRound) decryption(target, owner int) *types.MsgDecrypt {
	dealing, err := pvss.ParseDealing(l.proofs.Slots(), l.dealing(target).Dealing)
	require.NoError(l.t, err)
	dealer := &l.record.Dealers[target]
	encrypted, err := dealing.EncryptedShares(l.record.Dealers[owner].SlotNumbers())
	require.NoError(l.t, err)
	shares, proof, err := pvss.Decrypt(l.proofs, dealer.Operator, encrypted, l.keys[owner])
	require.NoError(l.t, err)
	msg := &types.MsgDecrypt{Submitter: account(owner), Era: era, Dealer: dealer.Operator, Proof: proof[:]}
	for _, share := range shares {
		msg.Shares = append(msg.Shares, bytes.Clone(share.Value[:]))
	}
	dealer.Shares += uint32(len(shares))
	return msg
}

// dealt writes into the record that a dealer's dealing was accepted, handed in at a height.
func (l *lifeOfRound) dealt(i int, height int64, msg *types.MsgDeal) {
	dealing, err := pvss.VerifyDealing(l.proofs, l.record.Dealers[i].Operator, msg.Dealing)
	require.NoError(l.t, err)
	commitment, hash := dealing.Commitment(), sha256.Sum256(msg.Dealing)
	dealer := &l.record.Dealers[i]
	dealer.Status, dealer.HandedIn, dealer.DealingHash, dealer.Commitment = types.DEALER_STATUS_DEALT, height, hash[:], commitment[:]
}

// revealed writes into the record that a dealer's secret is known.
func (l *lifeOfRound) revealed(i int, height int64, how types.DealerStatus) {
	dealer := &l.record.Dealers[i]
	element, err := pvss.VerifyOpening(pvss.Element(dealer.Commitment), l.opening(i).Secret)
	require.NoError(l.t, err)
	dealer.Status, dealer.Revealed, dealer.Element = how, height, element[:]
}

// close writes the close into the record; the reveal lasts 12 blocks.
func (l *lifeOfRound) close(height int64) {
	l.record.Round.CloseHeight, l.record.Round.RevealEnd, l.record.Round.DecryptFrom = height, height+12, height+7
}

func (l *lifeOfRound) seed() []byte {
	var elements []pvss.Element
	for _, dealer := range l.record.Dealers {
		if dealer.Element != nil {
			elements = append(elements, pvss.Element(dealer.Element))
		}
	}
	seed := pvss.Seed(chainID, era, elements)
	return seed[:]
}

// doneRound is the life told above.
func doneRound(t *testing.T) *lifeOfRound {
	t.Helper()
	l := newLife(t)
	deals := map[int]int64{0: 102, 1: 103, 2: 105, 3: 103, 4: 104}
	l.put(102, 0, l.dealing(0))
	l.put(103, 0, exec(t, exec(t, l.dealing(1))))
	l.put(103, 0, l.garbage(2), l.dealing(3))
	l.put(104, 0, l.garbage(5))
	l.put(104, 0, l.dealing(4))
	l.put(104, 5, l.dealing(2)) // failed: changed nothing
	l.put(105, 0, l.dealing(2))
	l.put(106, 0, l.garbage(5))
	l.put(108, 0, l.garbage(5))
	for i, height := range deals {
		l.dealt(i, height, l.dealing(i))
	}
	l.record.Dealers[2].Refused, l.record.Dealers[5].Refused = 1, 3
	l.record.Dealers[5].Status = types.DEALER_STATUS_AWAITED
	l.close(108)
	l.put(109, 0, l.opening(0))
	l.put(110, 0, exec(t, exec(t, l.opening(1))))
	l.put(111, 0, l.opening(2))
	l.put(115, 0, l.decryption(4, 1), l.decryption(3, 1))
	l.put(116, 0, l.opening(4))
	l.put(117, 0, exec(t, l.decryption(3, 2)), l.decryption(3, 0))
	for i, height := range map[int]int64{0: 109, 1: 110, 2: 111, 4: 116} {
		l.revealed(i, height, types.DEALER_STATUS_OPENED)
	}
	l.revealed(3, 117, types.DEALER_STATUS_REBUILT)
	l.record.Round.Seed = l.seed()
	return l
}

const head = frozen + 40

// verify gives the verifier the blocks of the record's span.
func (l *lifeOfRound) verify() (beacon.Report, error) {
	return beacon.Verify(l.record, blocksOf(l.record, l.blocks), head)
}

func blocksOf(record beacon.Record, blocks []beacon.Block) iter.Seq2[beacon.Block, error] {
	from, to := beacon.Span(record, head)
	return func(yield func(beacon.Block, error) bool) {
		for height := from; height <= to; height++ {
			block := beacon.Block{ChainID: chainID, Height: height, Codes: []uint32{}}
			if at := height - frozen - 1; at >= 0 && at < int64(len(blocks)) {
				block = blocks[at]
			}
			if !yield(block, nil) {
				return
			}
		}
	}
}
