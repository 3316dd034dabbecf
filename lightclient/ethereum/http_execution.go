package ethereum

import (
	"context"
	"errors"
	"fmt"
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
	if err := s.endpoint.one(ctx, call{"eth_getBlockByHash", []any{hash, false}, &h}); err != nil {
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
		calls[i] = call{"eth_getBlockByNumber", []any{hexutil.Uint64(from + uint64(i)), false}, &headers[i]}
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
	if err := s.endpoint.one(ctx, call{"eth_getBlockByHash", []any{hash, true}, &block}); err != nil {
		return nil, err
	}
	return encodeAll(block.Transactions)
}

// Receipts implements ExecutionSource by eth_getBlockReceipts.
func (s *HTTPExecution) Receipts(ctx context.Context, hash common.Hash) (execution.List, error) {
	var receipts []*types.Receipt
	if err := s.endpoint.one(ctx, call{"eth_getBlockReceipts", []any{hash}, &receipts}); err != nil {
		return nil, err
	}
	return encodeAll(receipts)
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
		Account []hexutil.Bytes `json:"accountProof"`
		Slots   []struct {
			Proof []hexutil.Bytes `json:"proof"`
		} `json:"storageProof"`
	}
	if slots == nil {
		slots = []common.Hash{}
	}
	at := map[string]common.Hash{"blockHash": hash}
	if err := s.endpoint.one(ctx, call{"eth_getProof", []any{account, slots, at}, &answer}); err != nil {
		return StateProof{}, err
	}
	proof := StateProof{Account: toPath(answer.Account)}
	for _, slot := range answer.Slots {
		proof.Slots = append(proof.Slots, toPath(slot.Proof))
	}
	return proof, nil
}

func toPath(nodes []hexutil.Bytes) execution.Path {
	path := make(execution.Path, len(nodes))
	for i, node := range nodes {
		path[i] = node
	}
	return path
}

// SendTransaction implements ExecutionSource by eth_sendRawTransaction.
func (s *HTTPExecution) SendTransaction(ctx context.Context, raw []byte) error {
	var hash common.Hash
	err := s.endpoint.one(ctx, call{"eth_sendRawTransaction", []any{hexutil.Bytes(raw)}, &hash})
	var refused *rpcError
	switch {
	case !errors.As(err, &refused):
		return err
	case strings.Contains(refused.Message, "already known"):
		return nil
	}
	return &lightclient.TxRefusedError{Codespace: "eth_sendRawTransaction", Code: uint32(max(refused.Code, -refused.Code)), Log: refused.Error()}
}
