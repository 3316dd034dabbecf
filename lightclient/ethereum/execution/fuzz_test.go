package execution

import (
	"bytes"
	"testing"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/require"
)

// FuzzDecoders feeds what reads foreign bytes: headers, receipts, event data.
// A receipt that go-ethereum takes must be read alike.
func FuzzDecoders(f *testing.F) {
	b := newBlock(f, nil, append(filler(2), []*types.Log{depositLog(contract, 5)})...)
	f.Add(b.raw)
	f.Add(b.receipts[2])
	f.Add(depositData(recipient, 7))
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, _ = DecodeHeader(raw, crypto.Keccak256Hash(raw))
		got, err := decodeReceipt(raw)
		var want types.Receipt
		if want.UnmarshalBinary(raw) == nil && err == nil {
			require.Len(t, got.Logs, len(want.Logs))
			require.Equal(t, len(want.PostState) == 0 && want.Status == 1, got.Succeeded)
		}
		to, amount, err := splitDeposit(raw)
		if err == nil {
			require.True(t, bytes.Equal(raw[:word], wordOf(2*word)))
			require.LessOrEqual(t, len(to), len(raw))
			require.NotNil(t, amount)
		}
	})
}

// FuzzPath feeds the trie verifier: a path that is not the honest one proves
// nothing.
func FuzzPath(f *testing.F) {
	b := newBlock(f, nil, filler(40)...)
	honest := b.inclusion(f, 33).Receipt
	f.Add(honest[0], honest[1], uint64(33))
	f.Add(honest[0], []byte{}, uint64(300))
	f.Fuzz(func(t *testing.T, first, second []byte, index uint64) {
		for _, path := range []Path{{first}, {first, second}, append(append(Path{}, honest...), first), append(Path{honest[0]}, second)} {
			value, err := path.item(b.header.ReceiptsRoot, index)
			if err == nil {
				require.Less(t, index, uint64(40))
				require.Equal(t, b.receipts[index], value)
			}
		}
	})
}
