package execution

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// flip changes one byte somewhere in items and undoes it afterwards.
func flip(rt *rapid.T, items [][]byte, refused func() error) {
	item := items[rapid.IntRange(0, len(items)-1).Draw(rt, "item")]
	at := rapid.IntRange(0, len(item)-1).Draw(rt, "at")
	by := byte(rapid.IntRange(1, 255).Draw(rt, "flip"))
	item[at] ^= by
	defer func() { item[at] ^= by }()
	if refused() == nil {
		rt.Fatalf("byte %d of %d changed without notice", at, len(item))
	}
}

func TestAnySingleByteChangedInARecordedBlockIsRefused(t *testing.T) {
	b := mainnetBlock(t)
	whole := func() error {
		_, err := b.header.VerifyBlock(b.transactions, b.receipts)
		return err
	}
	require.NoError(t, whole())
	for name, list := range map[string]List{"transactions": b.transactions, "receipts": b.receipts} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) { flip(rt, list, whole) })
		})
	}
	require.NoError(t, whole())
	t.Run("any receipt's proof", func(t *testing.T) {
		rapid.Check(t, func(rt *rapid.T) {
			proof := b.inclusion(t, uint64(rapid.IntRange(0, len(b.receipts)-1).Draw(rt, "index")))
			flip(rt, append(append([][]byte{}, proof.Receipt...), proof.Transaction...), func() error {
				_, err := b.header.VerifyInclusion(proof)
				return err
			})
		})
	})
}

func TestAnySingleByteChangedInARecordedStateProofIsRefused(t *testing.T) {
	for _, file := range []string{"Test_MultiPeriodClientUpdateToCosmos.json", "Test_ICS20TransferERC20TokenfromEthereumToCosmosAndBack.json"} {
		state, contract, proof := eurekaStep(t, file, 1)
		h := &Header{StateRoot: state}
		account, slot := toPath(proof.Account.Proof), toPath(proof.Storage.Proof)
		whole := func() error {
			found, err := h.VerifyAccount(contract, account)
			if err == nil {
				_, err = found.VerifyStorage(proof.Storage.Key, slot)
			}
			return err
		}
		require.NoError(t, whole())
		rapid.Check(t, func(rt *rapid.T) { flip(rt, append(append([][]byte{}, account...), slot...), whole) })
		require.NoError(t, whole())
	}
}
