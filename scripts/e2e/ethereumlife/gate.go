package ethereumlife

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
)

const (
	// gateTimeout bounds how long geth may take to answer.
	gateTimeout = 30 * time.Second
	// gateLimit bounds a request and an answer.
	gateLimit = 64 << 20
)

// Gate stands between the relayers and geth and lets everything through, but for what it is told to hold back. Only transactions are looked at;
// a relayer can't tell it from a node.
type Gate struct {
	target   string
	server   *http.Server
	listener net.Listener

	mu   sync.Mutex
	safe common.Address
	// holding says that payouts are answered with an error and not handed on; kept are those that were.
	holding bool
	kept    map[common.Hash]*types.Transaction
	// ambush is called with the sender of the next execution, which is dropped, as are its repetitions until the call returns.
	ambush  func(common.Address)
	dropped map[common.Hash]bool
}

// errHeld is what a relayer is told of a transaction that is held back.
var errHeld = errors.New("transaction pool is not taking transactions")

// OpenGate begins to serve before a node at the address given.
func OpenGate(target string) (*Gate, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	gate := &Gate{target: target, listener: listener, kept: map[common.Hash]*types.Transaction{}, dropped: map[common.Hash]bool{}}
	gate.server = &http.Server{Handler: gate, ReadHeaderTimeout: gateTimeout}
	go func() { _ = gate.server.Serve(listener) }()
	return gate, nil
}

// URLs are two names of the gate.
func (g *Gate) URLs() [2]string {
	port := g.listener.Addr().(*net.TCPAddr).Port
	return [2]string{fmt.Sprintf("http://127.0.0.1:%d", port), fmt.Sprintf("http://localhost:%d", port)}
}

// Close ends the gate.
func (g *Gate) Close() error { return g.server.Close() }

// Guard names the Safe whose executions are looked at.
func (g *Gate) Guard(safe common.Address) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.safe = safe
}

// HoldPayouts lets no payout through until LetGo.
func (g *Gate) HoldPayouts() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.holding = true
}

// LetGo lets everything through again and returns the payouts that were held back.
func (g *Gate) LetGo() []*types.Transaction {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.holding = false
	kept := make([]*types.Transaction, 0, len(g.kept))
	for _, tx := range g.kept {
		kept = append(kept, tx)
	}
	return kept
}

// Kept is how many payouts are held back.
func (g *Gate) Kept() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.kept)
}

// Ambush calls meet with the sender of the next execution while its relayer waits for an answer, and drops it.
func (g *Gate) Ambush(meet func(sender common.Address)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ambush = meet
}

// ServeHTTP implements http.Handler.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, gateLimit))
	if err != nil {
		return
	}
	if answer, stop := g.inspect(body); stop {
		_, _ = w.Write(answer)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), gateTimeout)
	defer cancel()
	if err := g.forward(ctx, w, body); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
	}
}

func (g *Gate) forward(ctx context.Context, w http.ResponseWriter, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, g.target, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	w.Header().Set("Content-Type", response.Header.Get("Content-Type"))
	w.WriteHeader(response.StatusCode)
	_, err = io.Copy(w, io.LimitReader(response.Body, gateLimit))
	return err
}

// inspect says whether a request ends here, and with which answer. Batches carry no transactions.
func (g *Gate) inspect(body []byte) (answer []byte, stop bool) {
	var request struct {
		ID     json.RawMessage   `json:"id"`
		Method string            `json:"method"`
		Params []json.RawMessage `json:"params"`
	}
	if json.Unmarshal(body, &request) != nil || request.Method != "eth_sendRawTransaction" || len(request.Params) != 1 {
		return nil, false
	}
	var raw hexutil.Bytes
	tx := new(types.Transaction)
	if json.Unmarshal(request.Params[0], &raw) != nil || tx.UnmarshalBinary(raw) != nil || !g.stops(tx) {
		return nil, false
	}
	answer, err := json.Marshal(map[string]any{
		"jsonrpc": "2.0", "id": request.ID, "error": map[string]any{"code": -32000, "message": errHeld.Error()},
	})
	return answer, err == nil
}

func (g *Gate) stops(tx *types.Transaction) bool {
	g.mu.Lock()
	execution := asExecution(tx, g.safe)
	if execution == nil {
		g.mu.Unlock()
		return false
	}
	hash := tx.Hash()
	if g.dropped[hash] {
		g.mu.Unlock()
		return true
	}
	if g.holding && !execution.handover {
		g.kept[hash] = tx
		g.mu.Unlock()
		return true
	}
	meet := g.ambush
	sender, err := types.Sender(types.LatestSignerForChainID(tx.ChainId()), tx)
	if meet == nil || err != nil {
		g.mu.Unlock()
		return false
	}
	g.ambush, g.dropped[hash] = nil, true
	g.mu.Unlock()
	meet(sender)
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.dropped, hash)
	return true
}
