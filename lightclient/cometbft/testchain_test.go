package cometbft

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/crypto/ed25519"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmtversion "github.com/cometbft/cometbft/proto/tendermint/version"
	"github.com/cometbft/cometbft/types"
	"github.com/cometbft/cometbft/version"
	"github.com/stretchr/testify/require"
)

const (
	testChainID = "counterparty-1"
	blockTime   = 5 * time.Second
)

var genesisTime = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// testChain is a chain made in process: real headers, commits, validator sets,
// transactions and results, without consensus.
type testChain struct {
	id     string
	keys   map[string]ed25519.PrivKey
	blocks []*testBlock // of height 1, 2, …
	// vals gives the validators of a height: key seed → power.
	vals func(height int64) map[int]int64
	// txs gives the transactions of a height.
	txs func(height int64) types.Txs
	// appHash gives the hash of the state after the block before height.
	appHash func(height int64) []byte
}

type testBlock struct {
	light   *types.LightBlock
	txs     types.Txs
	results []*abci.ExecTxResult
}

// equalVals is a set of n validators of power 10 that never changes.
func equalVals(n int) func(int64) map[int]int64 {
	return func(int64) map[int]int64 {
		set := make(map[int]int64, n)
		for i := range n {
			set[i] = 10
		}
		return set
	}
}

// rotatingVals exchanges one of n equal validators at each height.
func rotatingVals(n int) func(int64) map[int]int64 {
	return func(height int64) map[int]int64 {
		set := make(map[int]int64, n)
		for i := range n {
			set[int(height)+i] = 10
		}
		return set
	}
}

func threeTxs(height int64) types.Txs {
	txs := make(types.Txs, 3)
	for i := range txs {
		txs[i] = fmt.Appendf(nil, "transaction %d of height %d", i, height)
	}
	return txs
}

func noTxs(int64) types.Txs { return nil }

func fixedAppHash(height int64) []byte {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("state"), uint64(height)))
	return sum[:]
}

func newChain(t testing.TB, length int, vals func(int64) map[int]int64) *testChain {
	t.Helper()
	c := &testChain{id: testChainID, keys: map[string]ed25519.PrivKey{}, vals: vals, txs: threeTxs, appHash: fixedAppHash}
	c.extend(t, length)
	return c
}

// extend appends blocks.
func (c *testChain) extend(t testing.TB, count int) {
	t.Helper()
	for range count {
		c.blocks = append(c.blocks, c.next(t))
	}
}

// fork is a chain that shares the blocks up to a height and then, signed by the
// same keys, holds other transactions.
func (c *testChain) fork(t testing.TB, after int64, length int) *testChain {
	t.Helper()
	f := &testChain{id: c.id, keys: c.keys, vals: c.vals, appHash: c.appHash, blocks: append([]*testBlock(nil), c.blocks[:after]...)}
	f.txs = func(height int64) types.Txs { return types.Txs{fmt.Appendf(nil, "forked %d", height)} }
	f.extend(t, length-int(after))
	return f
}

func (c *testChain) height() int64 { return int64(len(c.blocks)) }

func (c *testChain) at(height int64) *testBlock { return c.blocks[height-1] }

func (c *testChain) light(height int64) *types.LightBlock { return c.at(height).light }

func (c *testChain) now() time.Time { return c.light(c.height()).Time.Add(time.Second) }

func (c *testChain) set(height int64) *types.ValidatorSet {
	var vals []*types.Validator
	for seed, power := range c.vals(height) {
		key := ed25519.GenPrivKeyFromSecret(binary.BigEndian.AppendUint64(nil, uint64(seed)))
		c.keys[string(key.PubKey().Address())] = key
		vals = append(vals, types.NewValidator(key.PubKey(), power))
	}
	return types.NewValidatorSet(vals)
}

func (c *testChain) next(t testing.TB) *testBlock {
	t.Helper()
	height := c.height() + 1
	txs := c.txs(height)
	set := c.set(height)
	header := &types.Header{
		Version: cmtversion.Consensus{Block: version.BlockProtocol},
		ChainID: c.id, Height: height, Time: genesisTime.Add(time.Duration(height) * blockTime),
		DataHash: txs.Hash(), ValidatorsHash: set.Hash(), NextValidatorsHash: c.set(height + 1).Hash(),
		ConsensusHash: fixedAppHash(0), AppHash: c.appHash(height), EvidenceHash: fixedAppHash(0),
		LastResultsHash: types.NewResults(nil).Hash(), ProposerAddress: set.Proposer.Address,
	}
	if height > 1 {
		last := c.at(height - 1)
		header.LastBlockID = last.light.Commit.BlockID
		header.LastCommitHash = last.light.Commit.Hash()
		header.LastResultsHash = types.NewResults(last.results).Hash()
	}
	return &testBlock{
		light:   &types.LightBlock{SignedHeader: c.sign(t, header, set), ValidatorSet: set},
		txs:     txs,
		results: resultsOf(txs),
	}
}

func resultsOf(txs types.Txs) []*abci.ExecTxResult {
	results := make([]*abci.ExecTxResult, len(txs))
	for i := range txs {
		results[i] = &abci.ExecTxResult{Code: uint32(i % 2), Data: []byte{byte(i)}, GasWanted: 200_000, GasUsed: 70_000 + int64(i), Log: "unproven"}
	}
	return results
}

// sign makes a commit of all of a set's validators whose keys are known.
func (c *testChain) sign(t testing.TB, header *types.Header, set *types.ValidatorSet) *types.SignedHeader {
	t.Helper()
	commit := &types.Commit{
		Height: header.Height, Round: 0,
		BlockID: types.BlockID{Hash: header.Hash(), PartSetHeader: types.PartSetHeader{Total: 1, Hash: header.Hash()}},
	}
	for i, val := range set.Validators {
		vote := cmtproto.Vote{
			Type: cmtproto.PrecommitType, Height: header.Height, BlockID: commit.BlockID.ToProto(),
			Timestamp: header.Time, ValidatorAddress: val.Address, ValidatorIndex: int32(i),
		}
		sig, err := c.keys[string(val.Address)].Sign(types.VoteSignBytes(header.ChainID, &vote))
		require.NoError(t, err)
		commit.Signatures = append(commit.Signatures, types.CommitSig{
			BlockIDFlag: types.BlockIDFlagCommit, ValidatorAddress: val.Address, Timestamp: header.Time, Signature: sig,
		})
	}
	return &types.SignedHeader{Header: header, Commit: commit}
}

// forge is the light block of a height with an altered header, signed by keys
// that the chain never had.
func (c *testChain) forge(t testing.TB, height int64, alter func(*types.Header)) *types.LightBlock {
	t.Helper()
	liar := &testChain{id: c.id, keys: map[string]ed25519.PrivKey{}, vals: func(int64) map[int]int64 { return map[int]int64{1 << 20: 10, 1<<20 + 1: 10} }}
	set := liar.set(height)
	header := *c.light(height).Header
	header.ValidatorsHash = set.Hash()
	header.ProposerAddress = set.Proposer.Address
	alter(&header)
	return &types.LightBlock{SignedHeader: liar.sign(t, &header, set), ValidatorSet: set}
}
