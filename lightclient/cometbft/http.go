package cometbft

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/libs/bytes"
	"github.com/cometbft/cometbft/rpc/jsonrpc/client"
	"github.com/cometbft/cometbft/types"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/transport"
)

const (
	// DefaultMaxResponse bounds one answer: CometBFT's largest block is 100 MiB,
	// a common one far below 21 MiB; base64 adds a third.
	DefaultMaxResponse = 32 << 20
	// validatorsPerPage is the most that CometBFT returns in one page.
	validatorsPerPage = 100
)

// HTTPSource is a Source over CometBFT's JSON-RPC. It keeps no connection state
// of its own and sets no deadline: the caller's context decides.
type HTTPSource struct {
	name string
	rpc  *client.Client
}

var _ Source = (*HTTPSource)(nil)

// NewHTTPSource makes a source of an RPC address ("http://host:26657",
// "https://…" or "tcp://…"). An answer above maxResponse bytes is refused with
// lightclient.ErrTooLarge; 0 means DefaultMaxResponse.
func NewHTTPSource(address string, maxResponse int64) (*HTTPSource, error) {
	if maxResponse <= 0 {
		maxResponse = DefaultMaxResponse
	}
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" {
		return nil, fmt.Errorf("source address %q is no URL with a host", address)
	}
	rpc, err := client.NewWithHTTPClient(address, transport.Capped(maxResponse))
	if err != nil {
		return nil, fmt.Errorf("source address %q: %w", address, err)
	}
	return &HTTPSource{name: parsed.Redacted(), rpc: rpc}, nil
}

// Name is the address without its password.
func (s *HTTPSource) Name() string { return s.name }

// Tip implements Source by /status.
func (s *HTTPSource) Tip(ctx context.Context) (Tip, error) {
	var res statusResponse
	if err := s.call(ctx, "status", nil, &res); err != nil {
		return Tip{}, err
	}
	return Tip{ChainID: res.NodeInfo.Network, Height: res.SyncInfo.LatestBlockHeight}, nil
}

// LightBlock implements Source by /commit and /validators.
func (s *HTTPSource) LightBlock(ctx context.Context, height int64) (*types.LightBlock, error) {
	var res commitResponse
	if err := s.call(ctx, "commit", at(height), &res); err != nil {
		return nil, err
	}
	vals, err := s.validators(ctx, height)
	if err != nil {
		return nil, err
	}
	return &types.LightBlock{SignedHeader: &res.SignedHeader, ValidatorSet: &types.ValidatorSet{Validators: vals}}, nil
}

// Headers implements Source by /blockchain.
func (s *HTTPSource) Headers(ctx context.Context, from, to int64) ([]*types.Header, error) {
	var res blockchainResponse
	params := map[string]any{"minHeight": strconv.FormatInt(from, 10), "maxHeight": strconv.FormatInt(to, 10)}
	if err := s.call(ctx, "blockchain", params, &res); err != nil {
		return nil, err
	}
	return res.ascending(from, to)
}

// Block implements Source by /block.
func (s *HTTPSource) Block(ctx context.Context, height int64) (types.Txs, error) {
	var res blockResponse
	if err := s.call(ctx, "block", at(height), &res); err != nil {
		return nil, err
	}
	return types.ToTxs(res.Block.Data.Txs), nil
}

// BlockResults implements Source by /block_results.
func (s *HTTPSource) BlockResults(ctx context.Context, height int64) ([]*abci.ExecTxResult, error) {
	var res resultsResponse
	if err := s.call(ctx, "block_results", at(height), &res); err != nil {
		return nil, err
	}
	return res.results(height)
}

// ABCIQuery implements Source by /abci_query.
func (s *HTTPSource) ABCIQuery(ctx context.Context, path string, key []byte, height int64) (Value, error) {
	var res queryResponse
	params := map[string]any{
		"path": path, "data": bytes.HexBytes(key),
		"height": strconv.FormatInt(height, 10), "prove": true,
	}
	if err := s.call(ctx, "abci_query", params, &res); err != nil {
		return Value{}, err
	}
	return res.value()
}

// BroadcastTx implements Source by /broadcast_tx_sync.
func (s *HTTPSource) BroadcastTx(ctx context.Context, tx []byte) (CheckResult, error) {
	var res broadcastResponse
	err := s.call(ctx, "broadcast_tx_sync", map[string]any{"tx": tx}, &res)
	if isInMempool(err) {
		return CheckResult{}, nil
	}
	if err != nil {
		return CheckResult{}, err
	}
	return res.check(), nil
}

func (s *HTTPSource) validators(ctx context.Context, height int64) ([]*types.Validator, error) {
	var all []*types.Validator
	for page := 1; ; page++ {
		var res validatorsResponse
		params := at(height)
		params["page"], params["per_page"] = strconv.Itoa(page), strconv.Itoa(validatorsPerPage)
		if err := s.call(ctx, "validators", params, &res); err != nil {
			return nil, err
		}
		all = append(all, res.Validators...)
		if len(all) > types.MaxVotesCount || res.Total > types.MaxVotesCount {
			return nil, fmt.Errorf("%w: %d validators claimed, at most %d", lightclient.ErrTooLarge, max(len(all), res.Total), types.MaxVotesCount)
		}
		if len(all) >= res.Total || len(res.Validators) == 0 {
			return all, nil
		}
	}
}

func (s *HTTPSource) call(ctx context.Context, method string, params map[string]any, result any) error {
	if params == nil {
		params = map[string]any{}
	}
	if _, err := s.rpc.Call(ctx, method, params, result); err != nil {
		return fmt.Errorf("%s: %w", method, nameRPCError(err))
	}
	return nil
}

func at(height int64) map[string]any {
	return map[string]any{"height": strconv.FormatInt(height, 10)}
}
