package cometbft

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/libs/bytes"
	"github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/mempool"
	ctypes "github.com/cometbft/cometbft/rpc/core/types"
	"github.com/cometbft/cometbft/rpc/jsonrpc/server"
	rpctypes "github.com/cometbft/cometbft/rpc/jsonrpc/types"
	cmtstate "github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/lightclient"
)

// rpcNode serves a test chain by CometBFT's own JSON-RPC server and response
// types, over loopback.
type rpcNode struct {
	chain *testChain
	query func(path string, key []byte, height int64) (Value, error)
	check func(tx []byte) (*ctypes.ResultBroadcastTx, error)
	// discards is what the node says of results where it keeps none.
	discards error
}

func (n *rpcNode) start(t testing.TB, wrap func(http.Handler) http.Handler) string {
	t.Helper()
	mux := http.NewServeMux()
	server.RegisterRPCFuncs(mux, map[string]*server.RPCFunc{
		"status":            server.NewRPCFunc(n.status, ""),
		"commit":            server.NewRPCFunc(n.commit, "height"),
		"validators":        server.NewRPCFunc(n.validators, "height,page,per_page"),
		"blockchain":        server.NewRPCFunc(n.blockchain, "minHeight,maxHeight"),
		"block":             server.NewRPCFunc(n.block, "height"),
		"block_results":     server.NewRPCFunc(n.results, "height"),
		"abci_query":        server.NewRPCFunc(n.abciQuery, "path,data,height,prove"),
		"broadcast_tx_sync": server.NewRPCFunc(n.broadcast, "tx"),
	}, log.NewNopLogger())
	s := httptest.NewServer(wrap(mux))
	t.Cleanup(s.Close)
	return s.URL
}

func asIs(h http.Handler) http.Handler { return h }

func (n *rpcNode) status(*rpctypes.Context) (*ctypes.ResultStatus, error) {
	res := &ctypes.ResultStatus{}
	res.NodeInfo.Network = n.chain.id
	res.SyncInfo.LatestBlockHeight = n.chain.height()
	return res, nil
}

func (n *rpcNode) reached(height int64) error {
	if height > n.chain.height() {
		return fmt.Errorf("height %d must be less than or equal to the current blockchain height %d", height, n.chain.height())
	}
	if height < 2 {
		return fmt.Errorf("height %d is not available, lowest height is 2", height)
	}
	return nil
}

func (n *rpcNode) commit(_ *rpctypes.Context, height *int64) (*ctypes.ResultCommit, error) {
	if err := n.reached(*height); err != nil {
		return nil, err
	}
	lb := n.chain.light(*height)
	return ctypes.NewResultCommit(lb.Header, lb.Commit, true), nil
}

func (n *rpcNode) validators(_ *rpctypes.Context, height *int64, page, perPage *int) (*ctypes.ResultValidators, error) {
	all := n.chain.light(*height).ValidatorSet.Validators
	from := min((*page-1)*(*perPage), len(all))
	part := all[from:min(from+*perPage, len(all))]
	return &ctypes.ResultValidators{BlockHeight: *height, Validators: part, Count: len(part), Total: len(all)}, nil
}

func (n *rpcNode) blockchain(_ *rpctypes.Context, from, to int64) (*ctypes.ResultBlockchainInfo, error) {
	res := &ctypes.ResultBlockchainInfo{LastHeight: n.chain.height()}
	for height := min(to, n.chain.height()); height >= max(from, 2); height-- {
		res.BlockMetas = append(res.BlockMetas, &types.BlockMeta{Header: *n.chain.light(height).Header})
	}
	return res, nil
}

func (n *rpcNode) block(_ *rpctypes.Context, height *int64) (*ctypes.ResultBlock, error) {
	if err := n.reached(*height); err != nil {
		return nil, err
	}
	b := n.chain.at(*height)
	return &ctypes.ResultBlock{Block: &types.Block{Header: *b.light.Header, Data: types.Data{Txs: b.txs}, LastCommit: b.light.Commit}}, nil
}

func (n *rpcNode) results(_ *rpctypes.Context, height *int64) (*ctypes.ResultBlockResults, error) {
	if n.discards != nil {
		return nil, n.discards
	}
	if *height > n.chain.height() {
		return nil, fmt.Errorf("could not find results for height #%d", *height)
	}
	return &ctypes.ResultBlockResults{Height: *height, TxsResults: n.chain.at(*height).results}, nil
}

func (n *rpcNode) abciQuery(_ *rpctypes.Context, path string, data bytes.HexBytes, height int64, prove bool) (*ctypes.ResultABCIQuery, error) {
	v, err := n.query(path, data, height)
	if err != nil {
		return &ctypes.ResultABCIQuery{Response: abci.ResponseQuery{Code: 38, Codespace: "sdk", Log: err.Error()}}, nil
	}
	if !prove {
		return nil, errors.New("proof was not asked for")
	}
	return &ctypes.ResultABCIQuery{Response: abci.ResponseQuery{Key: v.Key, Value: v.Value, Height: v.Height, ProofOps: v.Proof}}, nil
}

func (n *rpcNode) broadcast(_ *rpctypes.Context, tx types.Tx) (*ctypes.ResultBroadcastTx, error) {
	return n.check(tx)
}

func httpSource(t testing.TB, address string, limit int64) *HTTPSource {
	t.Helper()
	source, err := NewHTTPSource(address, limit)
	require.NoError(t, err)
	return source
}

func TestAClientWorksOverCometBFTsOwnJSONRPC(t *testing.T) {
	chain, state := newStateChain(t, 30)
	node := &rpcNode{chain: chain, query: state.query}
	f := rooted(t, chain, 3, httpSource(t, node.start(t, asIs), 0))

	head, err := f.Sync(t.Context())
	require.NoError(t, err)
	require.Equal(t, [32]byte(chain.light(30).Hash()), head.Hash)
	for _, height := range []int64{2, 15, 29} {
		block, err := f.VerifiedBlock(t.Context(), height)
		require.NoError(t, err)
		require.Equal(t, wantBlock(chain, height), block)
	}
	value, err := f.VerifiedValue(t.Context(), "bank", balanceKey(3), 20)
	require.NoError(t, err)
	require.Equal(t, "3 at 20", string(value))
	value, err = f.VerifiedValue(t.Context(), "bank", []byte("nobody"), 20)
	require.NoError(t, err)
	require.Nil(t, value)
}

func TestValidatorSetsOfManyPagesAreFetchedWhole(t *testing.T) {
	chain := newChain(t, 3, equalVals(250))
	source := httpSource(t, (&rpcNode{chain: chain}).start(t, asIs), 0)
	lb, err := source.LightBlock(t.Context(), 2)
	require.NoError(t, err)
	lb, err = canonical(lb, testChainID, 2)
	require.NoError(t, err)
	require.Len(t, lb.ValidatorSet.Validators, 250)
}

func TestWhatANodeSaysInProseGetsAName(t *testing.T) {
	chain, state := newStateChain(t, 10)
	source := httpSource(t, (&rpcNode{chain: chain, query: state.query}).start(t, asIs), 0)
	cases := map[string]struct {
		call func() error
		want error
	}{
		"a commit not made yet": {func() error { _, err := source.LightBlock(t.Context(), 11); return err }, lightclient.ErrSourceLagging},
		"a block pruned":        {func() error { _, err := source.Block(t.Context(), 1); return err }, lightclient.ErrHeightUnavailable},
		"results not there":     {func() error { _, err := source.BlockResults(t.Context(), 11); return err }, lightclient.ErrHeightUnavailable},
		"headers not made yet":  {func() error { _, err := source.Headers(t.Context(), 9, 11); return err }, lightclient.ErrSourceLagging},
		"headers pruned":        {func() error { _, err := source.Headers(t.Context(), 1, 4); return err }, lightclient.ErrHeightUnavailable},
		"a state not there":     {func() error { _, err := source.ABCIQuery(t.Context(), "/store/bank/key", []byte{1}, 99); return err }, lightclient.ErrHeightUnavailable},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) { require.ErrorIs(t, tc.call(), tc.want) })
	}
}

func TestASurveyNamesWhatASourceIsSetUpNotToKeepAndHowToKeepIt(t *testing.T) {
	chain, state := newStateChain(t, 10)
	node := &rpcNode{chain: chain, query: state.query}
	source := httpSource(t, node.start(t, asIs), 0)
	survey := func(height int64) []Unanswered {
		return Survey(t.Context(), source, height, "/store/bank/key", balanceKey(3))
	}
	require.Empty(t, survey(8))
	for name, discards := range map[string]error{
		"since 0.38": cmtstate.ErrFinalizeBlockResponsesNotPersisted,
		"before":     errors.New("node is not persisting abci responses"),
	} {
		t.Run(name, func(t *testing.T) {
			node.discards = discards
			missing := survey(8)
			require.Len(t, missing, 1)
			require.ErrorIs(t, missing[0].Err, lightclient.ErrNotKept)
			require.Equal(t, "results of transactions at height 8", missing[0].Question)
			require.Contains(t, missing[0].Advice(), "discard_abci_responses = false")
		})
	}
	node.discards = nil
	pruned := survey(1)
	require.NotEmpty(t, pruned)
	require.ErrorIs(t, pruned[0].Err, lightclient.ErrHeightUnavailable)
	require.Contains(t, pruned[0].Advice(), "min-retain-blocks")
	node.query = func(_ string, key []byte, height int64) (Value, error) { return Value{Key: key, Height: height}, nil }
	require.Equal(t, []string{"state with proof at height 8"}, questions(survey(8)))
}

func questions(open []Unanswered) (texts []string) {
	for _, one := range open {
		texts = append(texts, one.Question)
	}
	return texts
}

func TestATransactionThatIsInTheMempoolCountsAsAccepted(t *testing.T) {
	node := &rpcNode{chain: newChain(t, 2, equalVals(1))}
	source := httpSource(t, node.start(t, asIs), 0)
	cases := map[string]struct {
		check func([]byte) (*ctypes.ResultBroadcastTx, error)
		want  CheckResult
	}{
		"by CometBFT's cache": {func([]byte) (*ctypes.ResultBroadcastTx, error) { return nil, mempool.ErrTxInCache }, CheckResult{}},
		"by the application's": {func([]byte) (*ctypes.ResultBroadcastTx, error) {
			return &ctypes.ResultBroadcastTx{Code: 19, Codespace: "sdk"}, nil
		}, CheckResult{}},
		"accepted": {func(tx []byte) (*ctypes.ResultBroadcastTx, error) {
			return &ctypes.ResultBroadcastTx{Log: string(tx)}, nil
		}, CheckResult{Log: "signed"}},
		"refused": {func([]byte) (*ctypes.ResultBroadcastTx, error) {
			return &ctypes.ResultBroadcastTx{Code: 5, Codespace: "sdk", Log: "insufficient funds"}, nil
		}, CheckResult{Code: 5, Codespace: "sdk", Log: "insufficient funds"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			node.check = tc.check
			got, err := source.BroadcastTx(t.Context(), []byte("signed"))
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
		})
	}
}

func TestAnAnswerAboveTheLimitIsRefused(t *testing.T) {
	chain := newChain(t, 3, equalVals(4))
	for name, wrap := range map[string]func(http.Handler) http.Handler{
		"with its length announced": asIs,
		"in chunks without end": func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				for line := strings.Repeat(" ", 1000); ; {
					if _, err := fmt.Fprintln(w, line); err != nil {
						return
					}
				}
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			source := httpSource(t, (&rpcNode{chain: chain}).start(t, wrap), 100)
			_, err := source.Block(t.Context(), 2)
			require.ErrorIs(t, err, lightclient.ErrTooLarge)
		})
	}
}

func TestACallOverHTTPEndsWithItsContext(t *testing.T) {
	release := make(chan struct{})
	silent := func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		})
	}
	source := httpSource(t, (&rpcNode{}).start(t, silent), 0)
	t.Cleanup(func() { close(release) })
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := source.Tip(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestGarbageOverHTTPIsAnErrorAndNoPanic(t *testing.T) {
	bodies := []string{
		``, `{`, `<html>502</html>`, `{"jsonrpc":"2.0","id":0}`, `{"jsonrpc":"2.0","id":7,"result":{}}`, `{"jsonrpc":"2.0","id":0,"result":null}`,
		`{"jsonrpc":"2.0","id":0,"result":{"signed_header":null}}`, `{"jsonrpc":"2.0","id":0,"result":{"txs_results":[null],"height":"2"}}`,
		`{"jsonrpc":"2.0","id":0,"result":{"block_metas":[null]}}`, `{"jsonrpc":"2.0","id":0,"result":{"signed_header":{"header":{"height":-1}}}}`,
	}
	for _, body := range bodies {
		t.Run(body, func(t *testing.T) {
			answer := func(http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) })
			}
			address := (&rpcNode{}).start(t, answer)
			_, err := httpSource(t, address, 0).Headers(t.Context(), 2, 3)
			require.Error(t, err)
			_, err = httpSource(t, address, 0).BlockResults(t.Context(), 2)
			require.Error(t, err)
			lb, err := httpSource(t, address, 0).LightBlock(t.Context(), 2)
			if err == nil {
				_, err = canonical(lb, testChainID, 2)
			}
			require.Error(t, err)
		})
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	chain := newChain(t, 3, equalVals(1))
	target := (&rpcNode{chain: chain}).start(t, asIs)
	redirect := func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, target, http.StatusTemporaryRedirect)
		})
	}
	_, err := httpSource(t, (&rpcNode{}).start(t, redirect), 0).Tip(t.Context())
	require.Error(t, err)
}

func TestAnAddressIsCheckedAndItsPasswordNotShown(t *testing.T) {
	for _, address := range []string{"", "localhost", "://", "http://"} {
		_, err := NewHTTPSource(address, 0)
		require.Error(t, err, address)
	}
	source, err := NewHTTPSource("https://me:secret@rpc.example.org:443/path", 0)
	require.NoError(t, err)
	require.NotContains(t, source.Name(), "secret")
}
