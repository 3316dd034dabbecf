package ethereum

import (
	"context"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/ethereum/go-ethereum/trie"
	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/ethtest"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
)

var (
	contract = common.Address{0xd0}
	stranger = common.Address{0xba}
	safe     = common.Address{0x5a}
)

// world is a state with one Safe that holds a balance and has one slot set.
type world struct {
	accounts, storage *trie.Trie
}

func newWorld(t testing.TB, balance uint64) *world {
	t.Helper()
	w := &world{accounts: trie.NewEmpty(nil), storage: trie.NewEmpty(nil)}
	slot := common.Hash{31: 5}
	require.NoError(t, w.storage.Update(crypto.Keccak256(slot[:]), []byte{7}))
	raw, err := rlp.EncodeToBytes(&types.StateAccount{Balance: uint256.NewInt(balance), Root: w.storage.Hash(), CodeHash: types.EmptyCodeHash[:]})
	require.NoError(t, err)
	require.NoError(t, w.accounts.Update(crypto.Keccak256(safe[:]), raw))
	return w
}

func (w *world) proof(_ common.Hash, account common.Address, slots []common.Hash) (StateProof, error) {
	var p StateProof
	err := w.accounts.Prove(crypto.Keccak256(account[:]), (*nodes)(&p.Account))
	for _, slot := range slots {
		var path execution.Path
		if err == nil && account == safe {
			err = w.storage.Prove(crypto.Keccak256(slot[:]), (*nodes)(&path))
		}
		p.Slots = append(p.Slots, path)
	}
	return p, err
}

// nodes takes a trie's path.
type nodes execution.Path

func (n *nodes) Put(_, node []byte) error      { *n = append(*n, node); return nil }
func (n *nodes) Delete([]byte) error           { return nil }
func (n *nodes) DeleteRange(_, _ []byte) error { return nil }
func (n *nodes) Has([]byte) (bool, error)      { return false, nil }

// busy is a chain with three deposits in each fifth slot, one of them failed,
// and a log that is none of the vault's in each other slot.
func busy(t testing.TB) (*ethtest.Chain, *world) {
	w := newWorld(t, 1_000)
	root := w.accounts.Hash()
	return ethtest.New(forks(), 1, 120, func(slot uint64) (execution.List, execution.List, common.Hash) {
		txs, receipts, _ := ethtest.Deposits(contract, 3)
		if slot%5 != 0 {
			return txs[:1], execution.List{ethtest.Receipt(true, 21_000, ethtest.DepositLog(stranger, "stafi1", 9))}, root
		}
		receipts[1] = ethtest.Receipt(false, 100_000, ethtest.DepositLog(contract, "stafi1recipient", 2))
		return txs, receipts, root
	}), w
}

func deposits() execution.Filter {
	return execution.Filter{Addresses: []common.Address{contract}, Events: []common.Hash{execution.DepositEvent}}
}

func TestEveryBlockUpToTheHeadIsAccountedForAndOnlyItsOwnEventsFound(t *testing.T) {
	chain, _ := busy(t)
	a, b := two(chain)
	f := synced(t, chain, 20, a, b)
	requireHead(t, f, 96)
	for number := uint64(1); number <= 96; number++ {
		before := a.called("receipts") + b.called("receipts")
		events, err := f.Events(t.Context(), number, deposits())
		require.NoError(t, err)
		asked := a.called("receipts") + b.called("receipts") - before
		if number%5 != 0 {
			require.Empty(t, events)
			continue
		}
		require.Equal(t, 1, asked)
		require.Len(t, events, 2, "the failed one shows none")
		for i, e := range events {
			require.Equal(t, crypto.Keccak256Hash(chain.Blocks[number].Transactions[2*i]), e.TxHash)
			d, err := execution.ParseDeposit(e.Log, contract)
			require.NoError(t, err)
			require.Equal(t, uint64(2*i+1), d.Amount.Uint64())
		}
	}
	require.Zero(t, a.called("bootstrap")+b.called("bootstrap")-1)
	_, err := f.Events(t.Context(), 97, deposits())
	require.ErrorIs(t, err, lightclient.ErrNotVerified)
}

func TestAQuietBlockNeedsNoSourceBeyondItsHeader(t *testing.T) {
	chain, _ := busy(t)
	a, b := two(chain)
	f := synced(t, chain, 20, a, b)
	other := execution.Filter{Addresses: []common.Address{{0xee, 1}}, Events: []common.Hash{execution.DepositEvent}}
	events, err := f.Events(t.Context(), 95, other)
	require.NoError(t, err)
	require.Empty(t, events)
	require.Zero(t, a.called("receipts", "transactions")+b.called("receipts", "transactions"))
}

func TestOneDepositIsProvenByAnybodysProof(t *testing.T) {
	chain, _ := busy(t)
	a, b := two(chain)
	f := synced(t, chain, 20, a, b)
	block := chain.Blocks[95]
	tx, err := block.Transactions.Prove(2)
	require.NoError(t, err)
	path, err := block.Receipts.Prove(2)
	require.NoError(t, err)
	proof := execution.Inclusion{Index: 2, Transaction: tx, Receipt: path}
	receipt, err := f.VerifyInclusion(t.Context(), 95, proof)
	require.NoError(t, err)
	require.Equal(t, crypto.Keccak256Hash(block.Transactions[2]), receipt.TxHash)
	_, err = f.VerifyInclusion(t.Context(), 94, proof)
	require.ErrorIs(t, err, execution.ErrNode, "of another block")
	_, err = f.VerifyInclusion(t.Context(), 97, proof)
	require.ErrorIs(t, err, lightclient.ErrNotVerified, "in the chain, not final yet")
}

func TestAWholeBlockHasEachTransactionsHashCodeAndGas(t *testing.T) {
	chain, _ := busy(t)
	a, b := two(chain)
	f := synced(t, chain, 20, a, b)
	block, err := f.VerifiedBlock(t.Context(), 95)
	require.NoError(t, err)
	require.Equal(t, [32]byte(chain.Blocks[95].Hash), block.Hash)
	require.Len(t, block.Txs, 3)
	for i, tx := range block.Txs {
		require.Equal(t, chain.Blocks[95].Transactions[i], tx.Bytes)
		require.Equal(t, [32]byte(crypto.Keccak256Hash(tx.Bytes)), tx.Hash)
		require.Equal(t, i == 1, tx.Code != 0)
		require.EqualValues(t, 50_000, tx.GasUsed)
		require.EqualValues(t, decoded(t, tx.Bytes).Gas(), tx.GasWanted)
		require.NotZero(t, tx.GasWanted)
	}
	_, err = f.VerifiedBlock(t.Context(), -1)
	require.ErrorIs(t, err, lightclient.ErrNotVerified)
	receipts, err := f.Receipts(t.Context(), 95)
	require.NoError(t, err)
	require.Len(t, receipts, 3)
}

func decoded(t *testing.T, raw []byte) *types.Transaction {
	t.Helper()
	tx := new(types.Transaction)
	require.NoError(t, tx.UnmarshalBinary(raw))
	return tx
}

func TestATransactionOfAnUnknownTypeHasNoGasLimitToShow(t *testing.T) {
	require.Zero(t, gasLimit([]byte{0x7e, 0xc0}))
	require.Zero(t, gasLimit(nil))
}

func TestLiesOfExecutionSourcesAreRefusedByNameAndTheNextOneAsked(t *testing.T) {
	chain, w := busy(t)
	for name, tc := range map[string]struct {
		want  error
		spoil func(*fake)
	}{
		"a receipt left out":     {execution.ErrReceiptsRoot, func(f *fake) { f.receipts = func(l execution.List) execution.List { return l[:2] } }},
		"a receipt altered":      {execution.ErrReceiptsRoot, func(f *fake) { f.receipts = alterFirst }},
		"a transaction left out": {execution.ErrTransactionsRoot, func(f *fake) { f.transactions = func(l execution.List) execution.List { return l[1:] } }},
		"a header altered": {execution.ErrBlockHash, func(f *fake) {
			f.headers = alterFirst[[][]byte]
		}},
		"a header missing": {lightclient.ErrMalformed, func(f *fake) { f.headers = func(raws [][]byte) [][]byte { return raws[1:] } }},
		"a state proof of another account": {execution.ErrNode, func(f *fake) {
			f.proof = func(common.Hash, common.Address, []common.Hash) (StateProof, error) {
				return StateProof{Account: execution.Path{{1}}, Slots: []execution.Path{nil}}, nil
			}
		}},
		"a slot too few": {lightclient.ErrMalformed, func(f *fake) {
			f.proof = func(h common.Hash, a common.Address, _ []common.Hash) (StateProof, error) { return w.proof(h, a, nil) }
		}},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := two(chain)
			a.proof, b.proof = w.proof, w.proof
			tc.spoil(a)
			f := synced(t, chain, 20, a, b)
			events, err := f.Events(t.Context(), 15, deposits())
			require.NoError(t, err)
			require.Len(t, events, 2)
			value, err := f.VerifiedValue(t.Context(), "0x"+common.Bytes2Hex(safe[:]), (&common.Hash{31: 5})[:], 15)
			require.NoError(t, err)
			require.Equal(t, common.Hash{31: 7}.Bytes(), value)
			require.ErrorIs(t, f.failures["a"], tc.want)
			require.NoError(t, f.failures["b"])
		})
	}
}

func alterFirst[L ~[][]byte](list L) L {
	altered := append(L{}, list...)
	altered[0] = append([]byte{}, list[0]...)
	altered[0][len(altered[0])-1] ^= 1
	return altered
}

func TestABalanceAndASlotAreProvenAndSoIsTheirAbsence(t *testing.T) {
	chain, w := busy(t)
	a, b := two(chain)
	a.proof, b.proof = w.proof, w.proof
	f := synced(t, chain, 20, a, b)
	account, values, err := f.AccountAt(t.Context(), 96, safe, common.Hash{31: 5}, common.Hash{31: 6})
	require.NoError(t, err)
	require.Equal(t, uint256.NewInt(1_000), account.Balance)
	require.Equal(t, []common.Hash{{31: 7}, {}}, values)
	account, values, err = f.AccountAt(t.Context(), 96, stranger, common.Hash{31: 5})
	require.NoError(t, err)
	require.False(t, account.Exists)
	require.Equal(t, []common.Hash{{}}, values)
	value, err := f.VerifiedValue(t.Context(), "0x"+common.Bytes2Hex(safe[:]), make([]byte, 32), 96)
	require.NoError(t, err)
	require.Nil(t, value)
	for _, name := range []string{"bank", "0x12", common.Bytes2Hex(safe[:])} {
		_, err = f.VerifiedValue(t.Context(), name, make([]byte, 32), 96)
		require.Error(t, err, name)
	}
	_, _, err = f.AccountAt(t.Context(), 97, safe)
	require.ErrorIs(t, err, lightclient.ErrNotVerified)
}

func TestAWalkBackThatBreaksOffGoesOnWhereItWas(t *testing.T) {
	chain := ethtest.New(forks(), 1, 300, nil)
	a, b := two(chain)
	f := synced(t, chain, 250, a, b)
	fail := func(_ context.Context, method string) error {
		if method == "headers" && a.called("headers")+b.called("headers") > 3 {
			return errClosed
		}
		return nil
	}
	a.before, b.before = fail, fail
	_, err := f.HeaderAt(t.Context(), 10)
	require.ErrorIs(t, err, lightclient.ErrNoSource)
	c, d := newFake("c", chain), newFake("d", chain)
	f.open(t, c, d)
	header, err := f.HeaderAt(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, chain.Blocks[10].Hash, header.Hash)
	require.Less(t, c.called("headers")+d.called("headers"), 4)
	_, err = f.HeaderAt(t.Context(), 11)
	require.NoError(t, err)
	require.Less(t, c.called("headers")+d.called("headers"), 4, "what was walked over is stored")
}

func TestATransactionIsSentToAllAndARefusalIsNamed(t *testing.T) {
	chain := ethtest.New(forks(), 1, 30, nil)
	a, b := two(chain)
	f := rooted(t, chain, 20, a, b)
	refuse := func([]byte) error {
		return &lightclient.TxRefusedError{Codespace: "eth", Code: 1, Log: "nonce too low"}
	}
	a.send = refuse
	hash, err := f.Broadcast(t.Context(), []byte{2, 1})
	require.NoError(t, err)
	require.Equal(t, [32]byte(crypto.Keccak256Hash([]byte{2, 1})), hash)
	b.send = refuse
	_, err = f.Broadcast(t.Context(), []byte{2, 1})
	require.ErrorIs(t, err, lightclient.ErrTxRefused)
	a.before, b.before = closed, closed
	_, err = f.Broadcast(t.Context(), []byte{2, 1})
	require.ErrorIs(t, err, lightclient.ErrNoSource)
}
