package blocks_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtcfg "github.com/cometbft/cometbft/config"
	cmtcrypto "github.com/cometbft/cometbft/crypto/ed25519"
	sm "github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/store"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/ssv/beacon"
	"github.com/stafiprotocol/stafid/x/ssv/client/blocks"
)

const chainID = "stafi-test-1"

// chain is a short one with a transaction in every block; every third fails.
type chain struct {
	blocks  []*cmttypes.Block
	results map[int64][]*abci.ExecTxResult
}

func newChain(t *testing.T, length int) *chain {
	t.Helper()
	c := &chain{results: map[int64][]*abci.ExecTxResult{}}
	validators := cmttypes.NewValidatorSet([]*cmttypes.Validator{cmttypes.NewValidator(cmtcrypto.GenPrivKeyFromSecret([]byte("v")).PubKey(), 1)})
	for height := int64(1); height <= int64(length); height++ {
		txs := []cmttypes.Tx{fmt.Appendf(nil, "transaction of %d", height)}
		block := cmttypes.MakeBlock(height, txs, c.lastCommit(t), nil)
		block.ChainID, block.Time = chainID, time.Unix(1_700_000_000+height, 0).UTC()
		block.ValidatorsHash, block.NextValidatorsHash = validators.Hash(), validators.Hash()
		block.ConsensusHash, block.ProposerAddress = make([]byte, 32), validators.Validators[0].Address
		if height > 1 {
			block.LastBlockID = blockID(t, c.blocks[height-2])
			block.LastResultsHash = cmttypes.NewResults(c.results[height-1]).Hash()
		}
		c.blocks = append(c.blocks, block)
		c.results[height] = []*abci.ExecTxResult{{Code: uint32(1 - min(height%3, 1)), GasUsed: height}}
	}
	return c
}

func (c *chain) lastCommit(t *testing.T) *cmttypes.Commit {
	t.Helper()
	if len(c.blocks) == 0 {
		return &cmttypes.Commit{}
	}
	return &cmttypes.Commit{
		Height: int64(len(c.blocks)), BlockID: blockID(t, c.blocks[len(c.blocks)-1]),
		Signatures: []cmttypes.CommitSig{cmttypes.NewCommitSigAbsent()},
	}
}

func blockID(t *testing.T, block *cmttypes.Block) cmttypes.BlockID {
	t.Helper()
	parts, err := block.MakePartSet(cmttypes.BlockPartSizeBytes)
	require.NoError(t, err)
	return cmttypes.BlockID{Hash: block.Hash(), PartSetHeader: parts.Header()}
}

func (c *chain) Head(context.Context) (int64, error) { return int64(len(c.blocks)), nil }

func (c *chain) Block(_ context.Context, height int64) (*cmttypes.Block, error) {
	if height < 1 || height > int64(len(c.blocks)) {
		return nil, blocks.ErrNoBlock
	}
	return c.blocks[height-1], nil
}

func (c *chain) Results(_ context.Context, height int64) ([]*abci.ExecTxResult, error) {
	if c.results[height] == nil {
		return nil, blocks.ErrNoResults
	}
	return c.results[height], nil
}

// read reads a span until its end or first error.
func read(t *testing.T, source blocks.Source, from, to int64) (found []beacon.Block, last *cmttypes.Block, err error) {
	t.Helper()
	head, err := source.Head(t.Context())
	require.NoError(t, err)
	reader := blocks.NewReader(source, head)
	for block, err := range reader.Blocks(t.Context(), from, to) {
		if err != nil {
			return found, reader.Last(), err
		}
		found = append(found, block)
	}
	return found, reader.Last(), nil
}

func TestBlocksComeWithTheirTransactionsAndCodes(t *testing.T) {
	c := newChain(t, 6)
	for name, span := range map[string][2]int64{"within": {2, 4}, "to the head": {3, 6}, "one": {5, 5}} {
		t.Run(name, func(t *testing.T) {
			found, last, err := read(t, c, span[0], span[1])
			require.NoError(t, err)
			require.Len(t, found, int(span[1]-span[0]+1))
			for i, block := range found {
				height := span[0] + int64(i)
				require.Equal(t, height, block.Height)
				require.Equal(t, chainID, block.ChainID)
				require.Equal(t, [][]byte{fmt.Appendf(nil, "transaction of %d", height)}, block.Txs)
				require.Equal(t, []uint32{uint32(1 - min(height%3, 1))}, block.Codes)
			}
			require.Equal(t, c.blocks[span[1]-1].Hash(), last.Hash())
		})
	}
}

func TestResultsThatTheSourceDoesNotHaveAreLeftOut(t *testing.T) {
	c := newChain(t, 5)
	delete(c.results, 3)
	found, _, err := read(t, c, 2, 4)
	require.NoError(t, err)
	require.Nil(t, found[1].Codes)
	require.NotNil(t, found[2].Codes)
}

func TestWhatDoesNotFitIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		change func(c *chain)
		says   string
		is     error
	}{
		"another transaction":      {func(c *chain) { c.blocks[2].Txs[0][0] ^= 1 }, "transactions of block 3", blocks.ErrUnlinked},
		"another block":            {func(c *chain) { c.blocks[2] = newChain(t, 6).blocks[2]; c.blocks[2].Time = time.Unix(1, 0) }, "block 3 has hash", blocks.ErrUnlinked},
		"a block without a hash":   {func(c *chain) { c.blocks[2].ValidatorsHash = nil; c.blocks[3].LastBlockID.Hash = nil }, "block 3 has no hash", blocks.ErrUnlinked},
		"a block of another place": {func(c *chain) { c.blocks[2] = c.blocks[1] }, "asked for block 3, got 2", blocks.ErrUnlinked},
		"another result":           {func(c *chain) { c.results[3][0].Code = 5 }, "results of block 3", blocks.ErrUnlinked},
		"a result too many":        {func(c *chain) { c.results[3] = append(c.results[3], &abci.ExecTxResult{}) }, "1 transactions and 2 results", blocks.ErrUnlinked},
		"a block that is pruned":   {func(c *chain) { c.blocks = c.blocks[:3] }, "no such block", blocks.ErrNoBlock},
	} {
		t.Run(name, func(t *testing.T) {
			source := newChain(t, 6)
			c.change(source)
			_, _, err := read(t, headed{source, 6}, 2, 5)
			require.ErrorIs(t, err, c.is)
			require.ErrorContains(t, err, c.says)
		})
	}
}

// headed says another head than the source it wraps.
type headed struct {
	*chain
	head int64
}

func (h headed) Head(context.Context) (int64, error) { return h.head, nil }

func TestAHomeGivesWhatItsStoresHold(t *testing.T) {
	c := newChain(t, 6)
	cfg := cmtcfg.DefaultConfig().SetRoot(t.TempDir())
	writeHome(t, cfg, c)
	home, err := blocks.OpenHome(cfg)
	require.NoError(t, err)
	want, last, err := read(t, c, 2, 6)
	require.NoError(t, err)
	found, lastFound, err := read(t, home, 2, 6)
	require.NoError(t, err)
	require.Equal(t, want, found)
	require.Equal(t, last.Hash(), lastFound.Hash())
	_, _, err = read(t, headless{home}, 5, 8)
	require.ErrorIs(t, err, blocks.ErrNoBlock)
	require.ErrorContains(t, err, "the store has 1 to 6")

	_, err = blocks.OpenHome(cfg)
	require.ErrorIs(t, err, blocks.ErrHome, "whoever runs has the stores")
	require.ErrorContains(t, err, "--node")
	require.NoError(t, home.Close())
}

// headless says that there are more blocks than there are.
type headless struct{ *blocks.Home }

func (headless) Head(context.Context) (int64, error) { return 9, nil }

func writeHome(t *testing.T, cfg *cmtcfg.Config, c *chain) {
	t.Helper()
	blockDB, err := cmtcfg.DefaultDBProvider(&cmtcfg.DBContext{ID: "blockstore", Config: cfg})
	require.NoError(t, err)
	blockStore := store.NewBlockStore(blockDB)
	stateDB, err := cmtcfg.DefaultDBProvider(&cmtcfg.DBContext{ID: "state", Config: cfg})
	require.NoError(t, err)
	results := sm.NewStore(stateDB, sm.StoreOptions{})
	for _, block := range c.blocks {
		parts, err := block.MakePartSet(cmttypes.BlockPartSizeBytes)
		require.NoError(t, err)
		blockStore.SaveBlock(block, parts, &cmttypes.Commit{
			Height: block.Height, BlockID: blockID(t, block), Signatures: []cmttypes.CommitSig{cmttypes.NewCommitSigAbsent()},
		})
		require.NoError(t, results.SaveFinalizeBlockResponse(block.Height, &abci.ResponseFinalizeBlock{TxResults: c.results[block.Height], AppHash: make([]byte, 32)}))
	}
	require.NoError(t, blockStore.Close())
	require.NoError(t, results.Close())
}

func TestAHomeWithoutResultsOrWithoutBlocks(t *testing.T) {
	c := newChain(t, 3)
	cfg := cmtcfg.DefaultConfig().SetRoot(t.TempDir())
	_, err := blocks.OpenHome(cfg)
	require.ErrorIs(t, err, blocks.ErrHome)
	writeHome(t, cfg, c)
	cfg.Storage.DiscardABCIResponses = true
	home, err := blocks.OpenHome(cfg)
	require.NoError(t, err)
	found, _, err := read(t, home, 1, 3)
	require.NoError(t, err)
	require.Nil(t, found[0].Codes)
	require.NoError(t, home.Close())
}

func TestAReaderThatIsNotReadToTheEndStops(t *testing.T) {
	c := newChain(t, 4)
	reader := blocks.NewReader(c, 4)
	for range reader.Blocks(t.Context(), 1, 4) {
		break
	}
	require.Equal(t, int64(1), reader.Last().Height)
}
