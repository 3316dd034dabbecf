package ethereum

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	dbm "github.com/cometbft/cometbft-db"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/ethtest"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
	"github.com/stafiprotocol/stafid/lightclient/store"
)

// node serves a fake by the beacon API and JSON-RPC, as real nodes word it.
type node struct {
	*httptest.Server
	fake *fake
	// strict makes a range that is not complete a 500, as Lodestar does.
	strict bool
	// network is what it says that it is of.
	network Network
	// constants of its network beside those of a light client.
	constants map[string]any
	// version is the fork that it says its answers are of.
	version string
}

func newNode(t testing.TB, chain *ethtest.Chain, w *world) *node {
	t.Helper()
	n := &node{fake: newFake("served", chain), network: Network{Name: "test", ChainID: testNumber, Consensus: chain.Network}, version: "deneb"}
	n.fake.proof = w.proof
	n.Server = httptest.NewServer(n)
	t.Cleanup(n.Close)
	return n
}

func (n *node) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		n.rpc(w, r)
		return
	}
	answer, err := n.beacon(r)
	if err != nil {
		http.Error(w, `{"message":"not found"}`, http.StatusNotFound)
		return
	}
	if answer == nil {
		http.Error(w, `{"message":"internal"}`, http.StatusInternalServerError)
		return
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func (n *node) beacon(r *http.Request) (any, error) {
	path := r.URL.Path
	last := path[strings.LastIndex(path, "/")+1:]
	switch {
	case last == "genesis":
		return n.genesisJSON(), nil
	case last == "spec":
		return n.specJSON(), nil
	case strings.Contains(path, "/light_client/bootstrap/"):
		var root beacon.Root
		if err := root.UnmarshalText([]byte(last)); err != nil {
			return nil, err
		}
		b, err := n.fake.Bootstrap(r.Context(), root)
		return map[string]any{"version": n.version, "data": b}, err
	case last == "updates":
		period, _ := strconv.ParseUint(r.URL.Query().Get("start_period"), 10, 64)
		count, _ := strconv.Atoi(r.URL.Query().Get("count"))
		updates, err := n.fake.Updates(r.Context(), period, count)
		if n.strict && len(updates) < count {
			return nil, nil
		}
		var all []any
		for _, u := range updates {
			all = append(all, map[string]any{"version": n.version, "data": u})
		}
		return all, err
	case last == "finality_update":
		u, err := n.fake.FinalityUpdate(r.Context())
		return map[string]any{"version": n.version, "data": u}, err
	case last == "root":
		slot, err := strconv.ParseUint(strings.Split(path, "/")[5], 10, 64)
		if err != nil {
			return nil, err
		}
		root, err := n.fake.BlockRoot(r.Context(), slot)
		return map[string]any{"finalized": true, "data": map[string]any{"root": root}}, err
	}
	return nil, fmt.Errorf("no such path: %s", path)
}

// testNumber is the chain id of a test's network.
const testNumber = 1_337

func (n *node) genesisJSON() any {
	c := n.network.Consensus
	return map[string]any{"data": map[string]any{
		"genesis_time": strconv.FormatInt(c.GenesisTime.Unix(), 10), "genesis_validators_root": c.GenesisValidatorsRoot,
	}}
}

// specJSON words constants as Lodestar does: numbers in digits, versions in hex, and others that are neither.
func (n *node) specJSON() any {
	spec := map[string]any{"BLOB_SCHEDULE": []any{}, "PRESET_BASE": "minimal", "TERMINAL_TOTAL_DIFFICULTY": "58750000000000000000000"}
	for _, one := range n.network.constants() {
		spec[one.name] = strconv.FormatUint(one.want, 10)
		if strings.HasSuffix(one.name, forkVersion) {
			spec[one.name] = fmt.Sprintf("0x%08x", one.want)
		}
	}
	maps.Copy(spec, n.constants)
	return map[string]any{"data": spec}
}

func (n *node) rpc(w http.ResponseWriter, r *http.Request) {
	var raw json.RawMessage
	_ = json.NewDecoder(r.Body).Decode(&raw)
	var many []json.RawMessage
	if json.Unmarshal(raw, &many) != nil {
		_ = json.NewEncoder(w).Encode(n.answer(r.Context(), raw))
		return
	}
	answers := make([]any, len(many))
	for i, one := range many {
		answers[len(many)-1-i] = n.answer(r.Context(), one) // in any order
	}
	_ = json.NewEncoder(w).Encode(answers)
}

func (n *node) answer(ctx context.Context, raw json.RawMessage) any {
	var req struct {
		ID     int               `json:"id"`
		Method string            `json:"method"`
		Params []json.RawMessage `json:"params"`
	}
	_ = json.Unmarshal(raw, &req)
	result, err := n.result(ctx, req.Method, req.Params)
	if err != nil {
		return map[string]any{"jsonrpc": "2.0", "id": req.ID, "error": map[string]any{"code": -32000, "message": err.Error()}}
	}
	return map[string]any{"jsonrpc": "2.0", "id": req.ID, "result": result}
}

func (n *node) result(ctx context.Context, method string, params []json.RawMessage) (any, error) {
	var hash common.Hash
	if len(params) > 0 {
		_ = json.Unmarshal(params[0], &hash)
	}
	switch method {
	case "eth_blockNumber":
		return hexutil.Uint64(len(n.fake.chain.Blocks) - 1), nil
	case "eth_chainId":
		return hexutil.Uint64(n.network.ChainID), nil
	case "eth_getBlockByHash":
		return n.blockJSON(hash, string(params[1]) == "true"), nil
	case "eth_getBlockByNumber":
		var number hexutil.Uint64
		_ = json.Unmarshal(params[0], &number)
		if int(number) >= len(n.fake.chain.Blocks) {
			return nil, nil
		}
		return n.blockJSON(n.fake.chain.Blocks[number].Hash, false), nil
	case "eth_getBlockReceipts":
		return n.receiptsJSON(ctx, hash)
	case "eth_getProof":
		return n.proofJSON(params)
	case "eth_sendRawTransaction":
		return common.Hash{}, n.fake.SendTransaction(ctx, nil)
	}
	return nil, fmt.Errorf("the method %s does not exist", method)
}

func (n *node) blockJSON(hash common.Hash, full bool) any {
	b, err := n.fake.block(hash)
	if err != nil {
		return nil
	}
	var header types.Header
	if err := rlp.DecodeBytes(b.RawHeader, &header); err != nil {
		return nil
	}
	raw, _ := json.Marshal(&header)
	var out map[string]any
	_ = json.Unmarshal(raw, &out)
	if full {
		txs := []*types.Transaction{}
		for _, raw := range b.Transactions {
			tx := new(types.Transaction)
			_ = tx.UnmarshalBinary(raw)
			txs = append(txs, tx)
		}
		out["transactions"] = txs
	}
	return out
}

func (n *node) receiptsJSON(ctx context.Context, hash common.Hash) (any, error) {
	list, err := n.fake.Receipts(ctx, hash)
	receipts := []*types.Receipt{}
	for _, raw := range list {
		receipt := new(types.Receipt)
		_ = receipt.UnmarshalBinary(raw)
		receipts = append(receipts, receipt)
	}
	return receipts, err
}

func (n *node) proofJSON(params []json.RawMessage) (any, error) {
	var account common.Address
	var slots []common.Hash
	_ = json.Unmarshal(params[0], &account)
	_ = json.Unmarshal(params[1], &slots)
	proof, err := n.fake.proof(common.Hash{}, account, slots)
	hexed := func(p execution.Path) []hexutil.Bytes {
		nodes := []hexutil.Bytes{}
		for _, node := range p {
			nodes = append(nodes, node)
		}
		return nodes
	}
	storage := []any{}
	for _, p := range proof.Slots {
		storage = append(storage, map[string]any{"proof": hexed(p)})
	}
	return map[string]any{"accountProof": hexed(proof.Account), "storageProof": storage}, err
}

// overHTTP is an unrooted client of two served nodes.
func overHTTP(t testing.TB, chain *ethtest.Chain, nodes ...*node) *fixture {
	t.Helper()
	f := &fixture{chain: chain, db: dbm.NewMemDB(), failures: map[string]error{}}
	f.atSlot(uint64(len(chain.Blocks)))
	var beacons []BeaconSource
	var blocks []ExecutionSource
	for _, n := range nodes {
		b, err := NewHTTPBeacon(n.URL, chain.Network, 0)
		require.NoError(t, err)
		e, err := NewHTTPExecution(n.URL+"/", 0)
		require.NoError(t, err)
		beacons, blocks = append(beacons, b), append(blocks, e)
	}
	beaconPool, err := NewBeaconPool(beacons, poolConfig)
	require.NoError(t, err)
	blockPool, err := NewExecutionPool(blocks, poolConfig)
	require.NoError(t, err)
	db, err := store.New(f.db, Kind, testChainID)
	require.NoError(t, err)
	f.Client, err = New(f.config(), beaconPool, blockPool, db)
	require.NoError(t, err)
	return f
}

func TestTheWholeClientWorksOverHTTP(t *testing.T) {
	for _, strict := range []bool{false, true} {
		chain, w := busy(t)
		a, b := newNode(t, chain, w), newNode(t, chain, w)
		a.strict, b.strict = strict, strict
		f := overHTTP(t, chain, a, b)
		require.NoError(t, f.Bootstrap(t.Context(), f.checkpoint(20)))
		head, err := f.Sync(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 96, head.Height)
		require.Equal(t, [32]byte(chain.Blocks[96].Hash), head.Hash)
		events, err := f.Events(t.Context(), 15, deposits())
		require.NoError(t, err)
		require.Len(t, events, 2)
		account, values, err := f.AccountAt(t.Context(), 96, safe, common.Hash{31: 5})
		require.NoError(t, err)
		require.EqualValues(t, 1_000, account.Balance.Uint64())
		require.Equal(t, common.Hash{31: 7}, values[0])
		_, err = f.Broadcast(t.Context(), []byte{2})
		require.NoError(t, err)
	}
}

func TestWhatANodeSaysInProseGetsAName(t *testing.T) {
	chain, w := busy(t)
	n := newNode(t, chain, w)
	b, err := NewHTTPBeacon(n.URL, chain.Network, 0)
	require.NoError(t, err)
	e, err := NewHTTPExecution(n.URL, 0)
	require.NoError(t, err)
	_, err = b.Bootstrap(t.Context(), beacon.Root{1})
	require.ErrorIs(t, err, lightclient.ErrHeightUnavailable)
	_, err = b.BlockRoot(t.Context(), 5000)
	require.ErrorIs(t, err, lightclient.ErrSourceLagging)
	_, err = e.Header(t.Context(), common.Hash{1})
	require.ErrorIs(t, err, lightclient.ErrHeightUnavailable)
	_, err = e.Headers(t.Context(), 119, 122)
	require.ErrorIs(t, err, lightclient.ErrHeightUnavailable)
	_, err = e.Headers(t.Context(), 1, 65)
	require.ErrorContains(t, err, "at most 64")
	n.fake.send = func([]byte) error { return fmt.Errorf("nonce too low") }
	require.ErrorIs(t, e.SendTransaction(t.Context(), []byte{1}), lightclient.ErrTxRefused)
	n.fake.send = func([]byte) error { return fmt.Errorf("already known") }
	require.NoError(t, e.SendTransaction(t.Context(), []byte{1}))
	n.Close()
	_, err = b.FinalityUpdate(t.Context())
	require.Error(t, err)
}

// A fork that is over the horizon is no forgery: the source did nothing wrong, and
// the operator reads what is missing.
func TestAnAnswerOfAForkThatIsNotKnownIsNamedAndIsNoLie(t *testing.T) {
	chain, w := busy(t)
	n := newNode(t, chain, w)
	b, err := NewHTTPBeacon(n.URL, chain.Network, 0)
	require.NoError(t, err)
	ask := func() []error {
		_, bootstrap := b.Bootstrap(t.Context(), chain.Blocks[20].Root)
		_, updates := b.Updates(t.Context(), 0, 1)
		_, finality := b.FinalityUpdate(t.Context())
		return []error{bootstrap, updates, finality}
	}
	for _, version := range []string{"", "capella", "fulu"} {
		n.version = version
		require.NoError(t, errors.Join(ask()...))
	}
	n.version = "gloas"
	for _, err := range ask() {
		require.ErrorIs(t, err, beacon.ErrFork)
		require.ErrorContains(t, err, "gloas")
		require.False(t, lightclient.IsLie(err))
	}
}

func TestAnAnswerThatIsTooLargeOrNoAnswerIsRefused(t *testing.T) {
	chain := ethtest.New(forks(), 1, 20, nil)
	for name, tc := range map[string]struct {
		body string
		want error
	}{
		"too large":          {`{"data":"` + strings.Repeat("x", 2000) + `"}`, lightclient.ErrTooLarge},
		"no JSON":            {`<html>`, lightclient.ErrMalformed},
		"nothing":            {``, lightclient.ErrMalformed},
		"an empty object":    {`{}`, lightclient.ErrMalformed},
		"numbers for text":   {`{"data":{"signature_slot":5}}`, lightclient.ErrMalformed},
		"hex of wrong width": {`{"data":{"finality_branch":["0x12"]}}`, lightclient.ErrMalformed},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(tc.body)) }))
		b, err := NewHTTPBeacon(server.URL, chain.Network, 1000)
		require.NoError(t, err)
		_, err = b.FinalityUpdate(t.Context())
		require.ErrorIs(t, err, tc.want, name)
		_, err = b.Bootstrap(t.Context(), beacon.Root{})
		require.Error(t, err, name)
		_, err = b.BlockRoot(t.Context(), 1)
		require.Error(t, err, name)
		_, err = b.Updates(t.Context(), 1, 2)
		require.Error(t, err, name)
		e, err := NewHTTPExecution(server.URL, 1000)
		require.NoError(t, err)
		_, err = e.Receipts(t.Context(), common.Hash{})
		require.Error(t, err, name)
		_, err = e.Headers(t.Context(), 1, 2)
		require.Error(t, err, name)
		server.Close()
	}
}

func TestABatchWithMissingOrRepeatedAnswersIsRefused(t *testing.T) {
	for name, body := range map[string]string{
		"one missing":  `[{"id":0,"result":{}}]`,
		"one twice":    `[{"id":0,"result":{}},{"id":0,"result":{}}]`,
		"one too far":  `[{"id":0,"result":{}},{"id":2,"result":{}}]`,
		"one negative": `[{"id":0,"result":{}},{"id":-1,"result":{}}]`,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))
		e, err := newEndpoint(server.URL, 0)
		require.NoError(t, err)
		var into struct{}
		err = e.batch(t.Context(), []call{{"a", []any{}, &into, smallAnswer}, {"b", []any{}, &into, smallAnswer}})
		require.ErrorIs(t, err, lightclient.ErrMalformed, name)
		server.Close()
	}
}

func TestAnAddressThatIsNoURLIsRefusedAndAPasswordIsNotShown(t *testing.T) {
	n := forks()
	for _, address := range []string{"", "localhost", "ftp://host", "http://", "://"} {
		_, err := NewHTTPBeacon(address, n, 0)
		require.Error(t, err, address)
		_, err = NewHTTPExecution(address, 0)
		require.Error(t, err, address)
	}
	b, err := NewHTTPBeacon("https://user:secret@host:5052/path", n, 0)
	require.NoError(t, err)
	require.NotContains(t, b.Name(), "secret")
}
