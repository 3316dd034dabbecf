package execution

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/stretchr/testify/require"
)

func TestARecordedBeaconBlockLeadsToItsExecutionBlockAndAllItsReceipts(t *testing.T) {
	b := mainnetBlock(t)
	raw, err := os.ReadFile(filepath.Join(fixtureDir(t, "mainnet_block_18615160"), "beacon_block_7807119.json"))
	require.NoError(t, err)
	var beaconBlock struct {
		Body struct {
			Payload struct {
				Hash common.Hash `json:"block_hash"`
			} `json:"execution_payload"`
		} `json:"body"`
	}
	require.NoError(t, json.Unmarshal(raw, &beaconBlock))
	h, err := DecodeHeader(b.raw, beaconBlock.Body.Payload.Hash)
	require.NoError(t, err)
	require.EqualValues(t, 18_615_160, h.Number)
	require.Equal(t, common.HexToHash("0xeef787368e678d8dfc68e3758436e58b5e659ffc8fe9af49493ab7a4a4b22951"), h.ReceiptsRoot)
	receipts, err := h.VerifyBlock(b.transactions, b.receipts)
	require.NoError(t, err)
	require.Len(t, receipts, 183)
	for i, receipt := range receipts {
		requireLikeGeth(t, receipt, b.receipts[i], b.transactions[i])
	}
}

// requireLikeGeth compares a receipt with go-ethereum's reading of it.
func requireLikeGeth(t *testing.T, got *Receipt, rawReceipt, rawTx []byte) {
	t.Helper()
	var want types.Receipt
	var tx types.Transaction
	require.NoError(t, want.UnmarshalBinary(rawReceipt))
	require.NoError(t, tx.UnmarshalBinary(rawTx))
	require.Equal(t, tx.Hash(), got.TxHash)
	require.Equal(t, want.Type, got.Type)
	require.Equal(t, want.Status == types.ReceiptStatusSuccessful, got.Succeeded)
	require.Equal(t, want.CumulativeGasUsed, got.CumulativeGas)
	require.Len(t, got.Logs, len(want.Logs))
	for i, l := range want.Logs {
		require.Equal(t, Log{Index: i, Address: l.Address, Topics: l.Topics, Data: l.Data}, got.Logs[i])
	}
}

func TestEveryReceiptOfARecordedBlockIsProvenAloneUnlessItFailed(t *testing.T) {
	b := mainnetBlock(t)
	failed := 0
	for i, raw := range b.receipts {
		receipt, err := b.header.VerifyInclusion(b.inclusion(t, uint64(i)))
		if decoded, _ := decodeReceipt(raw); !decoded.Succeeded {
			require.ErrorIs(t, err, ErrReceiptFailed)
			failed++
			continue
		}
		require.NoError(t, err)
		requireLikeGeth(t, receipt, raw, b.transactions[i])
	}
	require.NotZero(t, failed)
	require.Len(t, b.inclusion(t, 77).Receipt, 3)
}

func TestAnySingleByteChangedInAnInclusionProofIsRefused(t *testing.T) {
	b := mainnetBlock(t)
	proof := b.inclusion(t, 77)
	for _, path := range []Path{proof.Receipt, proof.Transaction} {
		for _, node := range path {
			for at := range node {
				node[at] ^= byte(1 + at%255)
				_, err := b.header.VerifyInclusion(proof)
				require.ErrorIs(t, err, ErrNode)
				node[at] ^= byte(1 + at%255)
			}
		}
	}
	_, err := b.header.VerifyInclusion(proof)
	require.NoError(t, err)
}

func TestAnySingleByteChangedInAHeaderIsRefused(t *testing.T) {
	b := mainnetBlock(t)
	for at := range b.raw {
		changed := append([]byte{}, b.raw...)
		changed[at] ^= byte(1 + at%255)
		_, err := DecodeHeader(changed, b.header.Hash)
		require.ErrorIs(t, err, ErrBlockHash)
	}
}
