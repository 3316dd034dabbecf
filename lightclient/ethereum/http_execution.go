package ethereum

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rlp"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
)

// HTTPExecution is an ExecutionSource over the execution nodes' JSON-RPC. What
// JSON leaves out, or a fork adds that go-ethereum's types do not know, changes a
// hash and is found there.
type HTTPExecution struct {
	endpoint *endpoint
}

var _ ExecutionSource = (*HTTPExecution)(nil)

// NewHTTPExecution makes a source of an execution node's address. An answer above
// maxResponse bytes is refused with lightclient.ErrTooLarge; 0 means
// DefaultMaxResponse.
func NewHTTPExecution(address string, maxResponse int64) (*HTTPExecution, error) {
	e, err := newEndpoint(address, maxResponse)
	if err != nil {
		return nil, err
	}
	return &HTTPExecution{endpoint: e}, nil
}

// Name is the address without its password.
func (s *HTTPExecution) Name() string { return s.endpoint.name }

// Header implements ExecutionSource by eth_getBlockByHash.
func (s *HTTPExecution) Header(ctx context.Context, hash common.Hash) ([]byte, error) {
	var h types.Header
	if err := s.endpoint.one(ctx, call{"eth_getBlockByHash", []any{hash, false}, &h, headerAnswer}); err != nil {
		return nil, err
	}
	return rlp.EncodeToBytes(&h)
}

// Headers implements ExecutionSource by a batch of eth_getBlockByNumber.
func (s *HTTPExecution) Headers(ctx context.Context, from, to uint64) ([][]byte, error) {
	if to < from || to-from >= MaxHeaders {
		return nil, fmt.Errorf("headers %d to %d asked for, at most %d", from, to, MaxHeaders)
	}
	headers := make([]types.Header, to-from+1)
	calls := make([]call, len(headers))
	for i := range headers {
		calls[i] = call{"eth_getBlockByNumber", []any{hexutil.Uint64(from + uint64(i)), false}, &headers[i], headerAnswer}
	}
	if err := s.endpoint.batch(ctx, calls); err != nil {
		return nil, err
	}
	raws := make([][]byte, len(headers))
	for i := range headers {
		var err error
		if raws[i], err = rlp.EncodeToBytes(&headers[i]); err != nil {
			return nil, fmt.Errorf("%w: header %d: %w", lightclient.ErrMalformed, from+uint64(i), err)
		}
	}
	return raws, nil
}

// Transactions implements ExecutionSource by eth_getBlockByHash.
func (s *HTTPExecution) Transactions(ctx context.Context, hash common.Hash) (execution.List, error) {
	var block struct {
		Transactions []*types.Transaction `json:"transactions"`
	}
	if err := s.endpoint.one(ctx, call{"eth_getBlockByHash", []any{hash, true}, &block, transactionsAnswer}); err != nil {
		return nil, err
	}
	return encodeAll(block.Transactions)
}

// Receipts implements ExecutionSource by eth_getBlockReceipts.
func (s *HTTPExecution) Receipts(ctx context.Context, hash common.Hash) (execution.List, error) {
	var receipts []*receiptJSON
	if err := s.endpoint.one(ctx, call{"eth_getBlockReceipts", []any{hash}, &receipts, DefaultMaxResponse}); err != nil {
		return nil, err
	}
	return encodeAll(receipts)
}

// receiptJSON is what JSON has of a receipt that its hash covers. go-ethereum's own
// type reads everything else as well, and takes ten times as long over a block
// full of logs.
type receiptJSON struct {
	Type          hexutil.Uint64 `json:"type"`
	Root          hexutil.Bytes  `json:"root"`
	Status        hexutil.Uint64 `json:"status"`
	CumulativeGas hexutil.Uint64 `json:"cumulativeGasUsed"`
	Bloom         types.Bloom    `json:"logsBloom"`
	Logs          []struct {
		Address common.Address `json:"address"`
		Topics  []common.Hash  `json:"topics"`
		Data    hexutil.Bytes  `json:"data"`
	} `json:"logs"`
}

// MarshalBinary is the consensus encoding.
func (r *receiptJSON) MarshalBinary() ([]byte, error) {
	if r.Type > math.MaxUint8 {
		return nil, fmt.Errorf("receipt of type %d", uint64(r.Type))
	}
	receipt := types.Receipt{
		Type: uint8(r.Type), PostState: r.Root, Status: uint64(r.Status), CumulativeGasUsed: uint64(r.CumulativeGas), Bloom: r.Bloom,
		Logs: make([]*types.Log, len(r.Logs)),
	}
	for i, l := range r.Logs {
		receipt.Logs[i] = &types.Log{Address: l.Address, Topics: l.Topics, Data: l.Data}
	}
	return receipt.MarshalBinary()
}

// encodable are go-ethereum's transactions and receipts.
type encodable interface {
	comparable
	MarshalBinary() ([]byte, error)
}

func encodeAll[T encodable](items []T) (execution.List, error) {
	var missing T
	list := make(execution.List, len(items))
	for i, item := range items {
		if item == missing {
			return nil, fmt.Errorf("%w: item %d is missing", lightclient.ErrMalformed, i)
		}
		var err error
		if list[i], err = item.MarshalBinary(); err != nil {
			return nil, fmt.Errorf("%w: item %d: %w", lightclient.ErrMalformed, i, err)
		}
	}
	return list, nil
}

// Proof implements ExecutionSource by eth_getProof.
func (s *HTTPExecution) Proof(ctx context.Context, hash common.Hash, account common.Address, slots []common.Hash) (StateProof, error) {
	var answer struct {
		Account pathJSON          `json:"accountProof"`
		Slots   bounded[slotJSON] `json:"storageProof"`
	}
	answer.Slots.most = len(slots)
	if slots == nil {
		slots = []common.Hash{}
	}
	at := map[string]common.Hash{"blockHash": hash}
	if err := s.endpoint.one(ctx, call{"eth_getProof", []any{account, slots, at}, &answer, proofAnswer}); err != nil {
		return StateProof{}, err
	}
	proof := StateProof{Account: execution.Path(answer.Account)}
	for _, slot := range answer.Slots.items {
		proof.Slots = append(proof.Slots, execution.Path(slot.Proof))
	}
	return proof, nil
}

type slotJSON struct {
	Proof pathJSON `json:"proof"`
}

// pathJSON is a path of as many nodes as one can have.
type pathJSON execution.Path

// UnmarshalJSON implements json.Unmarshaler.
func (p *pathJSON) UnmarshalJSON(raw []byte) error {
	nodes := bounded[hexutil.Bytes]{most: execution.MaxNodes}
	if err := nodes.UnmarshalJSON(raw); err != nil {
		return err
	}
	*p = make(pathJSON, len(nodes.items))
	for i, node := range nodes.items {
		(*p)[i] = node
	}
	return nil
}

// SendTransaction implements ExecutionSource by eth_sendRawTransaction.
func (s *HTTPExecution) SendTransaction(ctx context.Context, raw []byte) error {
	var hash common.Hash
	err := s.endpoint.one(ctx, call{"eth_sendRawTransaction", []any{hexutil.Bytes(raw)}, &hash, smallAnswer})
	var refused *rpcError
	switch {
	case !errors.As(err, &refused):
		return err
	case strings.Contains(refused.Message, "already known"):
		return nil
	}
	return &lightclient.TxRefusedError{Codespace: "eth_sendRawTransaction", Code: uint32(max(refused.Code, -refused.Code)), Log: refused.Error()}
}
