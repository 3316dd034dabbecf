package cometbft

import (
	"fmt"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/libs/bytes"
	"github.com/cometbft/cometbft/proto/tendermint/crypto"
	"github.com/cometbft/cometbft/types"

	"github.com/stafiprotocol/stafid/lightclient"
)

// The wire types below hold only the fields that are verified afterwards, so
// that what differs between CometBFT versions (events, evidence, node info)
// can't fail the decoding of what does not.

type statusResponse struct {
	NodeInfo struct {
		Network string `json:"network"`
	} `json:"node_info"`
	SyncInfo struct {
		LatestBlockHeight int64 `json:"latest_block_height"`
	} `json:"sync_info"`
}

type commitResponse struct {
	SignedHeader types.SignedHeader `json:"signed_header"`
}

type validatorsResponse struct {
	Validators []*types.Validator `json:"validators"`
	Total      int                `json:"total"`
}

type blockchainResponse struct {
	BlockMetas []*struct {
		Header types.Header `json:"header"`
	} `json:"block_metas"`
}

type blockResponse struct {
	Block struct {
		Data struct {
			Txs [][]byte `json:"txs"`
		} `json:"data"`
	} `json:"block"`
}

type resultsResponse struct {
	Height     int64         `json:"height"`
	TxsResults []*wireResult `json:"txs_results"`
}

type wireResult struct {
	Code      uint32 `json:"code"`
	Data      []byte `json:"data"`
	GasWanted int64  `json:"gas_wanted"`
	GasUsed   int64  `json:"gas_used"`
}

type queryResponse struct {
	Response struct {
		Code      uint32           `json:"code"`
		Codespace string           `json:"codespace"`
		Log       string           `json:"log"`
		Key       []byte           `json:"key"`
		Value     []byte           `json:"value"`
		Height    int64            `json:"height"`
		ProofOps  *crypto.ProofOps `json:"proofOps"`
	} `json:"response"`
}

type broadcastResponse struct {
	Code      uint32         `json:"code"`
	Codespace string         `json:"codespace"`
	Log       string         `json:"log"`
	Hash      bytes.HexBytes `json:"hash"`
}

// ascending turns CometBFT's newest-first list around. A node that lacks some
// of the range answers with a shorter list. Errors: ErrSourceLagging if the top
// is missing, ErrHeightUnavailable if the bottom is, ErrMalformed.
func (r blockchainResponse) ascending(from, to int64) ([]*types.Header, error) {
	headers := make([]*types.Header, len(r.BlockMetas))
	for i, meta := range r.BlockMetas {
		if meta == nil {
			return nil, fmt.Errorf("%w: block meta %d is null", lightclient.ErrMalformed, i)
		}
		headers[len(headers)-1-i] = &meta.Header
	}
	return headers, checkRange(headers, from, to)
}

func checkRange(headers []*types.Header, from, to int64) error {
	if len(headers) == 0 || headers[len(headers)-1].Height < to {
		return fmt.Errorf("%w: headers %d to %d asked, the newest is missing", lightclient.ErrSourceLagging, from, to)
	}
	if headers[0].Height > from {
		return fmt.Errorf("%w: headers %d to %d asked, the lowest is %d", lightclient.ErrHeightUnavailable, from, to, headers[0].Height)
	}
	for i, header := range headers {
		if want := from + int64(i); header.Height != want {
			return fmt.Errorf("%w: header %d where %d was asked", lightclient.ErrMalformed, header.Height, want)
		}
	}
	if want := to - from + 1; int64(len(headers)) != want {
		return fmt.Errorf("%w: %d headers, want %d", lightclient.ErrMalformed, len(headers), want)
	}
	return nil
}

func (r resultsResponse) results(height int64) ([]*abci.ExecTxResult, error) {
	if r.Height != height {
		return nil, fmt.Errorf("%w: results of height %d, want %d", lightclient.ErrMalformed, r.Height, height)
	}
	results := make([]*abci.ExecTxResult, len(r.TxsResults))
	for i, wire := range r.TxsResults {
		if wire == nil {
			return nil, fmt.Errorf("%w: result %d is null", lightclient.ErrMalformed, i)
		}
		results[i] = &abci.ExecTxResult{Code: wire.Code, Data: wire.Data, GasWanted: wire.GasWanted, GasUsed: wire.GasUsed}
	}
	return results, nil
}

func (r queryResponse) value() (Value, error) {
	res := r.Response
	if res.Code != 0 {
		return Value{}, fmt.Errorf("%w: query answered codespace %q code %d: %s",
			lightclient.ErrHeightUnavailable, res.Codespace, res.Code, res.Log)
	}
	return Value{Key: res.Key, Value: res.Value, Height: res.Height, Proof: res.ProofOps}, nil
}

// check maps the SDK's own "already in the mempool" onto success.
func (r broadcastResponse) check() CheckResult {
	const sdkTxInMempoolCache = 19
	if r.Codespace == "sdk" && r.Code == sdkTxInMempoolCache {
		return CheckResult{}
	}
	return CheckResult{Code: r.Code, Codespace: r.Codespace, Log: r.Log}
}
