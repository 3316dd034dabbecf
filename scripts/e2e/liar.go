package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// Lie is what a source of the original chain does wrong.
type Lie string

// The lies of a source, each hiding among true answers.
const (
	// LieTransaction alters a byte of a block's first transaction.
	LieTransaction Lie = "altered transaction"
	// LieCode turns the result code of a block's first transaction from success to failure, or back.
	LieCode Lie = "wrong result code"
	// LieHeader gives headers another application hash.
	LieHeader Lie = "forged header"
	// LieLag knows no block after the first that it was asked about.
	LieLag Lie = "lags"
	// LieDiscard keeps no results of blocks, as a node with discard_abci_responses says itself.
	LieDiscard Lie = "keeps no results"
	// LieHang takes requests and never answers.
	LieHang Lie = "hangs"
	// LieClose drops every connection.
	LieClose Lie = "closes"
)

// Liar is a source in front of a true one, in this process.
type Liar struct {
	Lie Lie
	// Address is host:port.
	Address string

	upstream string
	server   *http.Server
	told     atomic.Int64
	frozen   atomic.Int64
}

// StartLiar listens on loopback and passes everything on to the upstream RPC, but for the lie.
func StartLiar(lie Lie, upstream string) (*Liar, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	liar := &Liar{Lie: lie, Address: listener.Addr().String(), upstream: "http://" + upstream}
	liar.server = &http.Server{Handler: liar, ReadHeaderTimeout: time.Minute}
	go func() { _ = liar.server.Serve(listener) }()
	return liar, nil
}

// Stop drops every connection.
func (l *Liar) Stop() { _ = l.server.Close() }

// Told is how often the lie was told.
func (l *Liar) Told() int64 { return l.told.Load() }

type rpcCall struct {
	ID     json.RawMessage            `json:"id"`
	Method string                     `json:"method"`
	Params map[string]json.RawMessage `json:"params"`
}

type rpcAnswer struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  any             `json:"result,omitempty"`
	Error   any             `json:"error,omitempty"`
}

// ServeHTTP implements http.Handler for JSON-RPC by POST.
func (l *Liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	switch l.Lie {
	case LieHang:
		l.told.Add(1)
		<-r.Context().Done()
		return
	case LieClose:
		l.told.Add(1)
		panic(http.ErrAbortHandler)
	}
	answer, err := l.forward(r.Context(), body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

func (l *Liar) forward(ctx context.Context, body []byte) (rpcAnswer, error) {
	var call rpcCall
	if err := json.Unmarshal(body, &call); err != nil {
		return rpcAnswer{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, l.upstream, bytes.NewReader(body))
	if err != nil {
		return rpcAnswer{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return rpcAnswer{}, err
	}
	defer response.Body.Close()
	var answer rpcAnswer
	decoder := json.NewDecoder(response.Body)
	decoder.UseNumber()
	if err := decoder.Decode(&answer); err != nil {
		return rpcAnswer{}, fmt.Errorf("%s: %w", call.Method, err)
	}
	l.alter(call, &answer)
	return answer, nil
}

func (l *Liar) alter(call rpcCall, answer *rpcAnswer) {
	told := false
	switch {
	case l.Lie == LieTransaction && call.Method == "block":
		told = alterTransaction(answer.Result)
	case l.Lie == LieCode && call.Method == "block_results":
		told = alterCode(answer.Result)
	case l.Lie == LieDiscard && call.Method == "block_results":
		told = fail(answer, "node is not persisting finalize block responses")
	case l.Lie == LieHeader && call.Method == "commit":
		told = alterHeader(field(answer.Result, "signed_header"))
	case l.Lie == LieHeader && call.Method == "blockchain":
		for _, meta := range list(answer.Result, "block_metas") {
			told = alterHeader(meta) || told
		}
	case l.Lie == LieLag:
		told = l.lag(call, answer)
	}
	if told {
		l.told.Add(1)
	}
}

// lag freezes the chain at the height of the first status asked for.
func (l *Liar) lag(call rpcCall, answer *rpcAnswer) bool {
	if call.Method == "status" {
		sync := object(field(answer.Result, "sync_info"))
		height, _ := strconv.ParseInt(fmt.Sprint(sync["latest_block_height"]), 10, 64)
		l.frozen.CompareAndSwap(0, height)
		sync["latest_block_height"] = fmt.Sprint(l.frozen.Load())
		return height > l.frozen.Load()
	}
	asked := askedHeight(call)
	frozen := l.frozen.Load()
	if frozen == 0 || asked <= frozen {
		return false
	}
	return fail(answer, fmt.Sprintf("height %d must be less than or equal to the current blockchain height %d", asked, frozen))
}

// fail makes an answer an error in a node's own words.
func fail(answer *rpcAnswer, why string) bool {
	answer.Result = nil
	answer.Error = map[string]any{"code": -32603, "message": "Internal error", "data": why}
	return true
}

func askedHeight(call rpcCall) int64 {
	for _, name := range []string{"height", "maxHeight"} {
		var text string
		if json.Unmarshal(call.Params[name], &text) == nil {
			height, _ := strconv.ParseInt(text, 10, 64)
			return height
		}
	}
	return 0
}

func alterTransaction(result any) bool {
	data := object(field(field(result, "block"), "data"))
	txs := list(data, "txs")
	if len(txs) == 0 {
		return false
	}
	raw, err := base64.StdEncoding.DecodeString(fmt.Sprint(txs[0]))
	if err != nil || len(raw) == 0 {
		return false
	}
	raw[len(raw)/2] ^= 1
	txs[0] = base64.StdEncoding.EncodeToString(raw)
	return true
}

func alterCode(result any) bool {
	results := list(result, "txs_results")
	if len(results) == 0 {
		return false
	}
	first := object(results[0])
	if fmt.Sprint(first["code"]) == "0" {
		first["code"] = 5
	} else {
		first["code"] = 0
	}
	return true
}

func alterHeader(holder any) bool {
	header := object(field(holder, "header"))
	text, ok := header["app_hash"].(string)
	if !ok || text == "" {
		return false
	}
	last := byte('0')
	if text[len(text)-1] == last {
		last = '1'
	}
	header["app_hash"] = text[:len(text)-1] + string(last)
	return true
}

func object(value any) map[string]any {
	fields, ok := value.(map[string]any)
	if !ok {
		return map[string]any{}
	}
	return fields
}

func field(value any, name string) any { return object(value)[name] }

func list(value any, name string) []any {
	values, _ := field(value, name).([]any)
	return values
}
