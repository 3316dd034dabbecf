package ethereum

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/stafiprotocol/stafid/lightclient"
)

// call is one JSON-RPC request and where its result goes, which is of at most
// limit bytes.
type call struct {
	method string
	params []any
	into   any
	limit  int64
}

type rpcRequest struct {
	Version string `json:"jsonrpc"`
	ID      int    `json:"id"`
	Method  string `json:"method"`
	Params  []any  `json:"params"`
}

type rpcResponse struct {
	ID     int             `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  *rpcError       `json:"error"`
}

// rpcError is the node's own refusal.
type rpcError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// Error is the node's message and code.
func (e *rpcError) Error() string { return fmt.Sprintf("%.256s (%d)", e.Message, e.Code) }

// one makes a call by itself.
func (e *endpoint) one(ctx context.Context, c call) error {
	body, err := json.Marshal(rpcRequest{Version: "2.0", ID: 0, Method: c.method, Params: c.params})
	if err != nil {
		return err
	}
	var answer rpcResponse
	if err := e.do(ctx, http.MethodPost, "", body, c.limit, &answer); err != nil {
		return fmt.Errorf("%s: %w", c.method, err)
	}
	return answer.read(c)
}

// batch makes calls in one request; their answers may come in any order.
func (e *endpoint) batch(ctx context.Context, calls []call) error {
	requests := make([]rpcRequest, len(calls))
	var limit int64
	for i, c := range calls {
		requests[i] = rpcRequest{Version: "2.0", ID: i, Method: c.method, Params: c.params}
		limit += c.limit
	}
	body, err := json.Marshal(requests)
	if err != nil {
		return err
	}
	answers := bounded[rpcResponse]{most: len(calls)}
	if err := e.do(ctx, http.MethodPost, "", body, limit, &answers); err != nil {
		return fmt.Errorf("batch of %d: %w", len(calls), err)
	}
	if len(answers.items) != len(calls) {
		return fmt.Errorf("%w: %d answers, want %d", lightclient.ErrMalformed, len(answers.items), len(calls))
	}
	read := make([]bool, len(calls))
	for _, answer := range answers.items {
		if answer.ID < 0 || answer.ID >= len(calls) || read[answer.ID] {
			return fmt.Errorf("%w: answer %d to calls 0 to %d", lightclient.ErrMalformed, answer.ID, len(calls)-1)
		}
		read[answer.ID] = true
		if err := answer.read(calls[answer.ID]); err != nil {
			return err
		}
	}
	return nil
}

// read takes a result over. A null is what nodes say of a block that they do not
// have. Errors: *rpcError, ErrHeightUnavailable, ErrMalformed.
func (r *rpcResponse) read(c call) error {
	if r.Error != nil {
		return fmt.Errorf("%s: %w", c.method, r.Error)
	}
	if len(r.Result) == 0 || string(r.Result) == "null" {
		return fmt.Errorf("%s: %w", c.method, lightclient.ErrHeightUnavailable)
	}
	if err := json.Unmarshal(r.Result, c.into); err != nil {
		return fmt.Errorf("%w: %s: %w", lightclient.ErrMalformed, c.method, err)
	}
	return nil
}
