package execution

import (
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/ethereum/go-ethereum/trie"
	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"
)

var (
	contract  = common.HexToAddress("0xd000000000000000000000000000000000000001")
	safe      = common.HexToAddress("0x5afe000000000000000000000000000000000001")
	stranger  = common.HexToAddress("0xbad0000000000000000000000000000000000001")
	user      = common.HexToAddress("0x0000000000000000000000000000000000000a11")
	recipient = []byte("stafi1qqqsyqcyq5rqwzqfpg9scrgwpugpzysn0qqqqq")
)

func pad(n int) int { return (word - n%word) % word }

func wordOf(v uint64) []byte { b := uint256.NewInt(v).Bytes32(); return b[:] }

// depositData is the ABI encoding of (bytes, uint256).
func depositData(to []byte, amount uint64) []byte {
	data := append(wordOf(2*word), wordOf(amount)...)
	data = append(append(data, wordOf(uint64(len(to)))...), to...)
	return append(data, make([]byte, pad(len(to)))...)
}

func depositLog(from common.Address, amount uint64) *types.Log {
	return &types.Log{
		Address: from, Data: depositData(recipient, amount),
		Topics: []common.Hash{DepositEvent, common.BytesToHash(user[:])},
	}
}

func safeLog(event, topic common.Hash, amount uint64) *types.Log {
	return &types.Log{Address: safe, Topics: []common.Hash{event, topic}, Data: wordOf(amount)}
}

// newBlock is a block with one transaction for each list of logs; those in
// failed have status 0.
func newBlock(t testing.TB, failed map[int]bool, logs ...[]*types.Log) *block {
	t.Helper()
	b := &block{}
	var receipts types.Receipts
	for i, l := range logs {
		tx, err := types.NewTx(&types.DynamicFeeTx{Nonce: uint64(i), To: &contract, Value: big.NewInt(int64(i))}).MarshalBinary()
		require.NoError(t, err)
		receipt := &types.Receipt{Type: types.DynamicFeeTxType, Status: types.ReceiptStatusSuccessful, CumulativeGasUsed: uint64(i+1) * 50_000, Logs: l}
		if failed[i] {
			receipt.Status = types.ReceiptStatusFailed
		}
		receipt.Bloom = types.CreateBloom(receipt)
		raw, err := receipt.MarshalBinary()
		require.NoError(t, err)
		b.transactions, b.receipts, receipts = append(b.transactions, tx), append(b.receipts, raw), append(receipts, receipt)
	}
	header := &types.Header{
		Number: big.NewInt(7), Difficulty: new(big.Int), TxHash: b.transactions.Root(),
		ReceiptHash: b.receipts.Root(), Bloom: types.MergeBloom(receipts),
	}
	var err error
	b.raw, err = rlp.EncodeToBytes(header)
	require.NoError(t, err)
	b.header, err = DecodeHeader(b.raw, header.Hash())
	require.NoError(t, err)
	return b
}

// filler makes a block large enough for a trie of some depth.
func filler(n int) [][]*types.Log {
	logs := make([][]*types.Log, n)
	for i := range logs {
		logs[i] = []*types.Log{{Address: stranger, Topics: []common.Hash{{byte(i)}}, Data: wordOf(uint64(i))}}
	}
	return logs
}

func deposits() Filter {
	return Filter{Addresses: []common.Address{contract}, Events: []common.Hash{DepositEvent}}
}

func TestADepositIsProvenWithItsTransactionAndItsPlaceInTheReceipt(t *testing.T) {
	logs := append(filler(20), []*types.Log{{Address: stranger}, depositLog(contract, 5)})
	b := newBlock(t, nil, logs...)
	require.True(t, deposits().MayMatch(b.header.Bloom))
	receipt, err := b.header.VerifyInclusion(b.inclusion(t, 20))
	require.NoError(t, err)
	require.Equal(t, crypto.Keccak256Hash(b.transactions[20]), receipt.TxHash)
	require.EqualValues(t, 20, receipt.Index)
	found := deposits().In(receipt)
	require.Len(t, found, 1)
	require.Equal(t, 1, found[0].Index)
	deposit, err := ParseDeposit(found[0], contract)
	require.NoError(t, err)
	require.Equal(t, &Deposit{Sender: user, Recipient: recipient, Amount: uint256.NewInt(5)}, deposit)
}

func TestThreeDepositsInOneTransactionAreThree(t *testing.T) {
	b := newBlock(t, nil, []*types.Log{depositLog(contract, 1), {Address: stranger}, depositLog(contract, 2), depositLog(contract, 2)})
	receipt, err := b.header.VerifyInclusion(b.inclusion(t, 0))
	require.NoError(t, err)
	var places []int
	for _, l := range deposits().In(receipt) {
		_, err := ParseDeposit(l, contract)
		require.NoError(t, err)
		places = append(places, l.Index)
	}
	require.Equal(t, []int{0, 2, 3}, places)
}

func TestTheSameReceiptTwiceIsTheSameDepositAndFitsNoOtherIndex(t *testing.T) {
	b := newBlock(t, nil, append(filler(20), []*types.Log{depositLog(contract, 1)}, []*types.Log{depositLog(contract, 1)})...)
	proof := b.inclusion(t, 20)
	first, err := b.header.VerifyInclusion(proof)
	require.NoError(t, err)
	second, err := b.header.VerifyInclusion(proof)
	require.NoError(t, err)
	require.Equal(t, first, second)
	twin, err := b.header.VerifyInclusion(b.inclusion(t, 21))
	require.NoError(t, err)
	require.NotEqual(t, first.TxHash, twin.TxHash, "another transaction with the same logs is another deposit")
	proof.Index = 21
	_, err = b.header.VerifyInclusion(proof)
	require.ErrorIs(t, err, ErrNode)
	proof = b.inclusion(t, 20)
	proof.Transaction = b.inclusion(t, 21).Transaction
	_, err = b.header.VerifyInclusion(proof)
	require.ErrorIs(t, err, ErrNode, "the logs of one transaction under the hash of another")
}

func TestAFailedTransactionShowsNoDeposit(t *testing.T) {
	b := newBlock(t, map[int]bool{1: true}, []*types.Log{}, []*types.Log{depositLog(contract, 1)})
	_, err := b.header.VerifyInclusion(b.inclusion(t, 1))
	require.ErrorIs(t, err, ErrReceiptFailed)
	receipts, err := b.header.VerifyBlock(b.transactions, b.receipts)
	require.NoError(t, err)
	require.Empty(t, deposits().In(receipts[1]))
}

func TestAReceiptFromBeforeStatusesCountsAsFailed(t *testing.T) {
	raw, err := rlp.EncodeToBytes(&consensusReceipt{StatusOrRoot: make([]byte, 32), Logs: []consensusLog{}})
	require.NoError(t, err)
	receipt, err := decodeReceipt(raw)
	require.NoError(t, err)
	require.False(t, receipt.Succeeded)
}

func TestLogsThatAreNotTheVaultsAreRefusedByName(t *testing.T) {
	good := Log{Address: contract, Topics: []common.Hash{DepositEvent, common.BytesToHash(user[:])}, Data: depositData(recipient, 5)}
	_, err := ParseDeposit(&good, contract)
	require.NoError(t, err)
	for name, tc := range map[string]struct {
		want   error
		change func(*Log)
	}{
		"the right event from the wrong address": {ErrWrongAddress, func(l *Log) { l.Address = stranger }},
		"the right address, wrong topic":         {ErrWrongTopic, func(l *Log) { l.Topics[0] = SafeReceivedEvent }},
		"no topic":                               {ErrWrongTopic, func(l *Log) { l.Topics = nil }},
		"no sender":                              {ErrWrongEvent, func(l *Log) { l.Topics = l.Topics[:1] }},
		"a topic too many":                       {ErrWrongEvent, func(l *Log) { l.Topics = append(l.Topics, common.Hash{}) }},
		"a sender that is no address":            {ErrWrongEvent, func(l *Log) { l.Topics[1][0] = 1 }},
		"no data":                                {ErrWrongEvent, func(l *Log) { l.Data = nil }},
		"half a word":                            {ErrWrongEvent, func(l *Log) { l.Data = l.Data[:len(l.Data)-16] }},
		"a word missing":                         {ErrWrongEvent, func(l *Log) { l.Data = l.Data[:len(l.Data)-32] }},
		"a word too many":                        {ErrWrongEvent, func(l *Log) { l.Data = append(l.Data, make([]byte, 32)...) }},
		"another offset":                         {ErrWrongEvent, func(l *Log) { l.Data[31] = 96 }},
		"a length of 2^255":                      {ErrWrongEvent, func(l *Log) { l.Data[64] = 0x80 }},
		"bytes after the recipient":              {ErrWrongEvent, func(l *Log) { l.Data[len(l.Data)-1] = 1 }},
	} {
		l := Log{Address: good.Address, Topics: append([]common.Hash{}, good.Topics...), Data: append([]byte{}, good.Data...)}
		tc.change(&l)
		_, err := ParseDeposit(&l, contract)
		require.ErrorIs(t, err, tc.want, name)
	}
}

// A wrapper may call the deposit contract, which then emits its own event with
// what really arrived, or only make believe with an event of its own.
func TestAWrapperContractCountsOnlyForWhatTheDepositContractItselfEmitted(t *testing.T) {
	called := depositLog(contract, 3)
	called.Topics[1] = common.BytesToHash(stranger[:])
	b := newBlock(t, nil,
		[]*types.Log{depositLog(stranger, 1_000_000)},
		[]*types.Log{depositLog(stranger, 1_000_000), called})
	receipts, err := b.header.VerifyBlock(b.transactions, b.receipts)
	require.NoError(t, err)
	require.Empty(t, deposits().In(receipts[0]))
	found := deposits().In(receipts[1])
	require.Len(t, found, 1)
	deposit, err := ParseDeposit(found[0], contract)
	require.NoError(t, err)
	require.Equal(t, &Deposit{Sender: stranger, Recipient: recipient, Amount: uint256.NewInt(3)}, deposit)
	_, err = ParseDeposit(&receipts[0].Logs[0], contract)
	require.ErrorIs(t, err, ErrWrongAddress)
	_, err = receipts[0].Log(1)
	require.ErrorIs(t, err, ErrNoLog)
	_, err = receipts[0].Log(-1)
	require.ErrorIs(t, err, ErrNoLog)
}

func TestARecipientMayBeEmptyOrLong(t *testing.T) {
	for _, to := range [][]byte{{}, make([]byte, 32), make([]byte, 33), make([]byte, 5000)} {
		l := Log{Address: contract, Topics: []common.Hash{DepositEvent, {}}, Data: depositData(to, 1)}
		deposit, err := ParseDeposit(&l, contract)
		require.NoError(t, err, "what can't be credited must still be seen")
		require.Equal(t, to, deposit.Recipient)
	}
}

func TestAPlainTransferAndTheEndOfASafeTransactionAreRead(t *testing.T) {
	txHash := common.Hash{0xaa}
	b := newBlock(t, nil, []*types.Log{
		safeLog(SafeReceivedEvent, common.BytesToHash(user[:]), 9),
		safeLog(ExecutionSuccessEvent, txHash, 1),
		safeLog(ExecutionFailureEvent, txHash, 2),
	})
	receipt, err := b.header.VerifyInclusion(b.inclusion(t, 0))
	require.NoError(t, err)
	received, err := ParseReceived(&receipt.Logs[0], safe)
	require.NoError(t, err)
	require.Equal(t, &Received{Sender: user, Amount: uint256.NewInt(9)}, received)
	success, err := ParseExecution(&receipt.Logs[1], safe)
	require.NoError(t, err)
	require.Equal(t, &Execution{SafeTxHash: txHash, Succeeded: true, Payment: uint256.NewInt(1)}, success)
	failure, err := ParseExecution(&receipt.Logs[2], safe)
	require.NoError(t, err)
	require.Equal(t, &Execution{SafeTxHash: txHash, Payment: uint256.NewInt(2)}, failure)
	for _, l := range receipt.Logs[1:] {
		_, err = ParseExecution(&l, stranger)
		require.ErrorIs(t, err, ErrWrongAddress)
	}
	_, err = ParseExecution(&receipt.Logs[0], safe)
	require.ErrorIs(t, err, ErrWrongTopic)
	_, err = ParseReceived(&receipt.Logs[1], safe)
	require.ErrorIs(t, err, ErrWrongTopic)
	short := receipt.Logs[0]
	short.Data = short.Data[:31]
	_, err = ParseReceived(&short, safe)
	require.ErrorIs(t, err, ErrWrongEvent)
}

// The verifier of go-ethereum looks nodes up by hash and does not hash them:
// with keys of the prover's choice, any value verifies. Here it does not.
func TestAForgedTrieNodeUnderTheRightKeyIsRefused(t *testing.T) {
	honest := newBlock(t, nil, append(filler(20), []*types.Log{})...)
	forged := newBlock(t, nil, append(filler(20), []*types.Log{depositLog(contract, 1_000_000)})...)
	lie := forged.inclusion(t, 20)
	trusting := trusting{root: honest.header.ReceiptsRoot, path: lie.Receipt}
	value, err := trie.VerifyProof(honest.header.ReceiptsRoot, indexKey(20), &trusting)
	require.NoError(t, err)
	require.Equal(t, forged.receipts[20], List{value}[0], "this is the trap")
	_, err = honest.header.VerifyInclusion(lie)
	require.ErrorIs(t, err, ErrNode)
	mixed := honest.inclusion(t, 20)
	mixed.Receipt[len(mixed.Receipt)-1] = lie.Receipt[len(lie.Receipt)-1]
	_, err = honest.header.VerifyInclusion(mixed)
	require.ErrorIs(t, err, ErrNode)
}

// trusting hands out a prover's nodes under whatever hash is asked for.
type trusting struct {
	root common.Hash
	path Path
	next int
}

func (r *trusting) Has([]byte) (bool, error) { return true, nil }

func (r *trusting) Get([]byte) ([]byte, error) {
	r.next++
	return r.path[r.next-1], nil
}

func TestAnAbsentKeyIsNamedAndNeverAnEmptyValue(t *testing.T) {
	b := newBlock(t, nil, filler(20)...)
	for index := uint64(20); index < 300; index += 35 {
		path, err := absence(t, b.receipts, index)
		require.NoError(t, err)
		_, err = b.header.VerifyInclusion(Inclusion{Index: index, Receipt: path, Transaction: path})
		require.ErrorIs(t, err, ErrAbsent)
	}
	_, err := b.receipts.Prove(20)
	require.ErrorIs(t, err, ErrAbsent)
	empty := newBlock(t, nil)
	_, err = empty.header.VerifyInclusion(Inclusion{})
	require.ErrorIs(t, err, ErrAbsent)
}

func absence(t *testing.T, list List, index uint64) (Path, error) {
	t.Helper()
	tr := trie.NewEmpty(nil)
	for i, item := range list {
		require.NoError(t, tr.Update(indexKey(uint64(i)), item))
	}
	var path pathWriter
	err := tr.Prove(indexKey(index), &path)
	return path.path, err
}

func TestAPathWithTooFewTooManyOrTooLargeNodesIsRefused(t *testing.T) {
	b := newBlock(t, nil, filler(40)...)
	honest := b.inclusion(t, 33)
	require.Greater(t, len(honest.Receipt), 1)
	for name, tc := range map[string]struct {
		want error
		path Path
	}{
		"none":          {ErrNode, nil},
		"cut short":     {ErrNode, honest.Receipt[:len(honest.Receipt)-1]},
		"one more":      {ErrNode, append(append(Path{}, honest.Receipt...), honest.Receipt[0])},
		"reversed":      {ErrNode, Path{honest.Receipt[1], honest.Receipt[0]}},
		"an empty node": {ErrNode, Path{nil}},
		"66 nodes":      {ErrTooLarge, make(Path, MaxNodes+1)},
		"9 MiB":         {ErrTooLarge, Path{make([]byte, MaxProof+1)}},
	} {
		proof := honest
		proof.Receipt = tc.path
		_, err := b.header.VerifyInclusion(proof)
		require.ErrorIs(t, err, tc.want, name)
		proof = honest
		proof.Transaction = tc.path
		_, err = b.header.VerifyInclusion(proof)
		require.ErrorIs(t, err, tc.want, name)
	}
}

func TestAListThatIsNotTheWholeBlockIsRefused(t *testing.T) {
	b := newBlock(t, nil, filler(20)...)
	swapped := append(List{}, b.receipts...)
	swapped[3], swapped[4] = swapped[4], swapped[3]
	for name, receipts := range map[string]List{
		"one missing": b.receipts[:19], "none": nil, "one more": append(append(List{}, b.receipts...), b.receipts[0]), "two swapped": swapped,
	} {
		_, err := b.header.VerifyBlock(b.transactions, receipts)
		require.ErrorIs(t, err, ErrReceiptsRoot, name)
	}
	_, err := b.header.VerifyBlock(b.transactions[:19], b.receipts)
	require.ErrorIs(t, err, ErrTransactionsRoot)
	_, err = b.header.VerifyBlock(make(List, MaxItems+1), b.receipts)
	require.ErrorIs(t, err, ErrTooLarge)
	_, err = b.header.VerifyReceipts(List{make([]byte, MaxBlock+1)})
	require.ErrorIs(t, err, ErrTooLarge)
}

func TestABloomThatRulesAnEventOutIsNeverWrong(t *testing.T) {
	quiet := newBlock(t, nil, filler(5)...)
	require.False(t, deposits().MayMatch(quiet.header.Bloom))
	busy := newBlock(t, nil, append(filler(5), []*types.Log{depositLog(contract, 1)})...)
	require.True(t, deposits().MayMatch(busy.header.Bloom))
	require.False(t, Filter{Addresses: []common.Address{contract}}.MayMatch(busy.header.Bloom))
	require.False(t, Filter{Events: []common.Hash{DepositEvent}}.MayMatch(busy.header.Bloom))
}
