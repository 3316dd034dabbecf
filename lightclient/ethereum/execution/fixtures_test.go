package execution

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/stretchr/testify/require"
)

// fixtureDir is a directory of recorded data of other projects and chains, in
// STAFID_FIXTURES or beside the repository.
func fixtureDir(t testing.TB, parts ...string) string {
	t.Helper()
	root := os.Getenv("STAFID_FIXTURES")
	if root == "" {
		root = filepath.Join("..", "..", "..", "..", "shared", "fixtures")
	}
	dir := filepath.Join(append([]string{root, "ethereum"}, parts...)...)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("recorded light client data is absent (STAFID_FIXTURES): %v", err)
	}
	return dir
}

func readJSON(t testing.TB, into any, path ...string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(path...))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, into))
}

// block is a block with what its header commits to.
type block struct {
	raw          []byte // RLP header
	header       *Header
	transactions List
	receipts     List
}

// inclusion is the honest proof of a transaction.
func (b *block) inclusion(t testing.TB, index uint64) Inclusion {
	t.Helper()
	tx, err := b.transactions.Prove(index)
	require.NoError(t, err)
	receipt, err := b.receipts.Prove(index)
	require.NoError(t, err)
	return Inclusion{Index: index, Transaction: tx, Receipt: receipt}
}

// mainnetBlock is mainnet's block 18,615,160 with 183 transactions.
func mainnetBlock(t testing.TB) *block {
	t.Helper()
	dir := fixtureDir(t, "mainnet_block_18615160")
	var header types.Header
	var body struct {
		Hash         string               `json:"hash"`
		Transactions []*types.Transaction `json:"transactions"`
	}
	var receipts []*types.Receipt
	readJSON(t, &header, dir, "el_block.json")
	readJSON(t, &body, dir, "el_block.json")
	readJSON(t, &receipts, dir, "el_receipts.json")
	b := &block{}
	for _, tx := range body.Transactions {
		raw, err := tx.MarshalBinary()
		require.NoError(t, err)
		b.transactions = append(b.transactions, raw)
	}
	for _, receipt := range receipts {
		raw, err := receipt.MarshalBinary()
		require.NoError(t, err)
		b.receipts = append(b.receipts, raw)
	}
	var err error
	b.raw, err = rlp.EncodeToBytes(&header)
	require.NoError(t, err)
	require.Equal(t, body.Hash, header.Hash().Hex())
	b.header, err = DecodeHeader(b.raw, header.Hash())
	require.NoError(t, err)
	return b
}
