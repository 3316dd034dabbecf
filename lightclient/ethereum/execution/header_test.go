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

// newChain is RLP headers from number 1 on, with fields of ever later forks.
func newChain(t testing.TB, length int) ([][]byte, []*types.Header) {
	t.Helper()
	var raws [][]byte
	var headers []*types.Header
	parent := common.Hash{}
	for i := range length {
		h := &types.Header{ParentHash: parent, Number: big.NewInt(int64(i + 1)), Difficulty: new(big.Int), Time: uint64(100 * i), Bloom: types.Bloom{byte(i)}}
		if i > 0 {
			h.BaseFee, h.WithdrawalsHash = big.NewInt(1), &common.Hash{}
		}
		if i > 1 {
			h.BlobGasUsed, h.ExcessBlobGas, h.ParentBeaconRoot, h.RequestsHash = new(uint64), new(uint64), &common.Hash{}, &common.Hash{}
		}
		raw, err := rlp.EncodeToBytes(h)
		require.NoError(t, err)
		if i > 2 { // a field that nobody knows yet
			raw = appendField(t, raw)
		}
		raws, headers, parent = append(raws, raw), append(headers, h), crypto.Keccak256Hash(raw)
	}
	return raws, headers
}

func appendField(t testing.TB, raw []byte) []byte {
	t.Helper()
	var fields []rlp.RawValue
	require.NoError(t, rlp.DecodeBytes(raw, &fields))
	field, err := rlp.EncodeToBytes([]byte("of a later fork"))
	require.NoError(t, err)
	longer, err := rlp.EncodeToBytes(append(fields, field))
	require.NoError(t, err)
	return longer
}

func TestHeadersOfAnyForkAreReadLikeGethsAndLinkBackwards(t *testing.T) {
	raws, want := newChain(t, 6)
	top, err := DecodeHeader(raws[5], crypto.Keccak256Hash(raws[5]))
	require.NoError(t, err)
	headers, err := DecodeParents(top, [][]byte{raws[4], raws[3], raws[2], raws[1], raws[0]})
	require.NoError(t, err)
	for i, got := range append([]*Header{top}, headers...) {
		h := want[5-i]
		require.Equal(t, h.ParentHash, got.ParentHash)
		require.Equal(t, h.Number.Uint64(), got.Number)
		require.Equal(t, h.Time, got.Timestamp)
		require.Equal(t, h.Bloom, got.Bloom)
	}
	_, err = DecodeParents(top, [][]byte{raws[4], raws[2]})
	require.ErrorIs(t, err, ErrBlockHash)
}

func TestAHeaderThatCantBeReadIsRefused(t *testing.T) {
	raws, _ := newChain(t, 1)
	var fields []rlp.RawValue
	require.NoError(t, rlp.DecodeBytes(raws[0], &fields))
	list := func(fields []rlp.RawValue) []byte {
		raw, err := rlp.EncodeToBytes(fields)
		require.NoError(t, err)
		return raw
	}
	with := func(at int, content []byte) []byte {
		changed := append([]rlp.RawValue{}, fields...)
		raw, err := rlp.EncodeToBytes(content)
		require.NoError(t, err)
		changed[at] = raw
		return list(changed)
	}
	for name, raw := range map[string][]byte{
		"nothing": {}, "a string": {0x83, 1, 2, 3}, "bytes after it": append(append([]byte{}, raws[0]...), 0),
		"14 fields": list(fields[:14]), "66 fields": list(append(append([]rlp.RawValue{}, fields...), fillers(50)...)),
		"a short hash": with(fieldReceipts, make([]byte, 31)), "a long number": with(fieldNumber, make([]byte, 9)),
		"a list as a field": list(append([]rlp.RawValue{{0xc0}}, fields[1:]...)),
	} {
		_, err := DecodeHeader(raw, crypto.Keccak256Hash(raw))
		require.ErrorIs(t, err, ErrMalformed, name)
	}
	_, err := DecodeHeader(make([]byte, MaxHeader+1), common.Hash{})
	require.ErrorIs(t, err, ErrTooLarge)
}

func fillers(count int) []rlp.RawValue {
	fields := make([]rlp.RawValue, count)
	for i := range fields {
		fields[i] = rlp.RawValue{0x80}
	}
	return fields
}

// newState is a state with one account that has one storage slot, among others.
func newState(t testing.TB, address common.Address, balance uint64, slot, value common.Hash) (*Header, Path, Path) {
	t.Helper()
	storage, accounts := trie.NewEmpty(nil), trie.NewEmpty(nil)
	put := func(tr *trie.Trie, key []byte, content any) {
		raw, err := rlp.EncodeToBytes(content)
		require.NoError(t, err)
		require.NoError(t, tr.Update(crypto.Keccak256(key), raw))
	}
	for i := range 50 {
		key := common.Hash{byte(i + 1)}
		put(storage, key[:], []byte{1})
		other := common.Address{byte(i + 1)}
		put(accounts, other[:], &types.StateAccount{Balance: uint256.NewInt(uint64(i)), Root: types.EmptyRootHash, CodeHash: types.EmptyCodeHash[:]})
	}
	put(storage, slot[:], common.TrimLeftZeroes(value[:]))
	put(accounts, address[:], &types.StateAccount{Nonce: 3, Balance: uint256.NewInt(balance), Root: storage.Hash(), CodeHash: types.EmptyCodeHash[:]})
	var account, cell pathWriter
	require.NoError(t, accounts.Prove(crypto.Keccak256(address[:]), &account))
	require.NoError(t, storage.Prove(crypto.Keccak256(slot[:]), &cell))
	return &Header{StateRoot: accounts.Hash()}, account.path, cell.path
}

func TestAnAccountItsBalanceAndASlotAreProven(t *testing.T) {
	slot, value := common.Hash{0: 0xf0}, common.Hash{30: 1, 31: 2}
	h, path, cell := newState(t, safe, 1234, slot, value)
	account, err := h.VerifyAccount(safe, path)
	require.NoError(t, err)
	require.True(t, account.Exists)
	require.EqualValues(t, 3, account.Nonce)
	require.Equal(t, uint256.NewInt(1234), account.Balance)
	got, err := account.VerifyStorage(slot, cell)
	require.NoError(t, err)
	require.Equal(t, value, got)
	for _, nodes := range []Path{path, cell} {
		for _, node := range nodes {
			for at := range node {
				node[at] ^= byte(1 + at%255)
				if _, err = h.VerifyAccount(safe, path); err == nil {
					_, err = account.VerifyStorage(slot, cell)
				}
				require.ErrorIs(t, err, ErrNode)
				node[at] ^= byte(1 + at%255)
			}
		}
	}
}

func TestAnAbsentAccountOrSlotIsProvenToBeEmpty(t *testing.T) {
	h, _, _ := newState(t, safe, 1, common.Hash{0: 0xf0}, common.Hash{1})
	_, other, none := newState(t, safe, 1, common.Hash{0: 0xf1}, common.Hash{1})
	_, err := h.VerifyAccount(safe, other)
	require.ErrorIs(t, err, ErrNode)
	accounts := trie.NewEmpty(nil)
	for i := range 20 {
		raw, err := rlp.EncodeToBytes(&types.StateAccount{Balance: uint256.NewInt(1), CodeHash: types.EmptyCodeHash[:]})
		require.NoError(t, err)
		require.NoError(t, accounts.Update(crypto.Keccak256([]byte{byte(i)}), raw))
	}
	var path pathWriter
	require.NoError(t, accounts.Prove(crypto.Keccak256(stranger[:]), &path))
	account, err := (&Header{StateRoot: accounts.Hash()}).VerifyAccount(stranger, path.path)
	require.NoError(t, err)
	require.False(t, account.Exists)
	require.True(t, account.Balance.IsZero())
	value, err := account.VerifyStorage(common.Hash{1}, nil)
	require.NoError(t, err, "an account without storage needs no path")
	require.Equal(t, common.Hash{}, value)
	_, err = account.VerifyStorage(common.Hash{1}, none)
	require.ErrorIs(t, err, ErrNode)
}
