package ethereum

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/ethtest"
)

// served answers every request with one text.
func served(t testing.TB, body string) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))
	t.Cleanup(server.Close)
	return server
}

func TestAReceiptReadFromJSONIsTheOneThatGoEthereumReads(t *testing.T) {
	root := os.Getenv("STAFID_FIXTURES")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "fixtures")
	}
	raw, err := os.ReadFile(filepath.Join(root, "ethereum", "mainnet_block_18615160", "el_receipts.json"))
	if err != nil {
		t.Skipf("recorded light client data is absent (STAFID_FIXTURES): %v", err)
	}
	var want []*types.Receipt
	require.NoError(t, json.Unmarshal(raw, &want))
	source, err := NewHTTPExecution(served(t, `{"jsonrpc":"2.0","id":0,"result":`+string(raw)+`}`).URL, 0)
	require.NoError(t, err)
	found, err := source.Receipts(t.Context(), common.Hash{1})
	require.NoError(t, err)
	require.Len(t, found, 183)
	for i := range want {
		encoded, err := want[i].MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, encoded, found[i])
	}
}

func TestAReceiptFromBeforeStatusesIsReadFromJSON(t *testing.T) {
	want := &types.Receipt{PostState: common.Hash{7}.Bytes(), CumulativeGasUsed: 21_000, Logs: []*types.Log{}}
	raw, err := json.Marshal([]*types.Receipt{want})
	require.NoError(t, err)
	source, err := NewHTTPExecution(served(t, `{"id":0,"result":`+string(raw)+`}`).URL, 0)
	require.NoError(t, err)
	found, err := source.Receipts(t.Context(), common.Hash{1})
	require.NoError(t, err)
	encoded, err := want.MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, encoded, found[0])
}

// Whoever fills a block with logs that cost the least must not make its receipts
// too large to be read: nobody could observe anything from then on.
func TestTheReceiptsOfABlockFullOfTheCheapestLogsAreReadAtAnyGasLimitToCome(t *testing.T) {
	const (
		gasLimit  = 250_000_000 // four times that of 2026
		cheapest  = 375 + 2 + 2 // LOG0 of nothing: two pushes of zero
		perTopic  = 375
		perByte   = 8
		topicJSON = 69 // 0x, 64 digits, quotes, comma
		byteJSON  = 2
	)
	l := types.Log{
		Topics: []common.Hash{}, BlockNumber: 1 << 32, TxIndex: 1 << 16, Index: 1 << 24, BlockTimestamp: 1 << 36,
		TxHash: common.Hash{1}, BlockHash: common.Hash{2},
	}
	raw, err := json.Marshal(&l)
	require.NoError(t, err)
	require.Less(t, (len(raw)+1)*gasLimit/cheapest, DefaultMaxResponse)
	require.Less(t, topicJSON*cheapest, (len(raw)+1)*perTopic, "a topic costs more for its text than the log itself")
	require.Less(t, byteJSON*cheapest, (len(raw)+1)*perByte, "and so does data")
	receipt := `{"type":"0x2","status":"0x1","cumulativeGasUsed":"0x989680","logsBloom":"0x` + strings.Repeat("0", 512) + `","logs":[` +
		strings.TrimSuffix(strings.Repeat(string(raw)+",", 20_000), ",") + `]}`
	source, err := NewHTTPExecution(served(t, `{"id":0,"result":[`+receipt+`]}`).URL, 0)
	require.NoError(t, err)
	found, err := source.Receipts(t.Context(), common.Hash{1})
	require.NoError(t, err)
	require.Len(t, found, 1)
}

// Three bytes of JSON could be forty of memory: what there can't be more of is
// counted while it is read.
func TestAnAnswerOfManyEmptyItemsIsRefusedAtTheFirstOneTooMany(t *testing.T) {
	many := strings.TrimSuffix(strings.Repeat("{},", 1<<20), ",")
	nodes := strings.TrimSuffix(strings.Repeat(`"0x",`, 1<<10), ",")
	chain := ethtest.New(forks(), 1, 10, nil)
	for name, tc := range map[string]struct {
		body string
		ask  func(*HTTPExecution, *HTTPBeacon) error
	}{
		"headers": {"[" + many + "]", func(e *HTTPExecution, _ *HTTPBeacon) error {
			_, err := e.Headers(t.Context(), 1, 2)
			return err
		}},
		"updates": {"[" + many + "]", func(_ *HTTPExecution, b *HTTPBeacon) error {
			_, err := b.Updates(t.Context(), 0, 1)
			return err
		}},
		"paths of slots": {`{"id":0,"result":{"accountProof":[],"storageProof":[` + many + `]}}`, func(e *HTTPExecution, _ *HTTPBeacon) error {
			_, err := e.Proof(t.Context(), common.Hash{}, common.Address{}, []common.Hash{{}})
			return err
		}},
		"nodes of a path": {`{"id":0,"result":{"accountProof":[` + nodes + `]}}`, func(e *HTTPExecution, _ *HTTPBeacon) error {
			_, err := e.Proof(t.Context(), common.Hash{}, common.Address{}, nil)
			return err
		}},
		"a long number": {`{"id":0,"result":"0x` + strings.Repeat("0", smallAnswer) + `"}`, func(e *HTTPExecution, _ *HTTPBeacon) error {
			return e.CheckNetwork(t.Context(), testNetwork())
		}},
	} {
		t.Run(name, func(t *testing.T) {
			server := served(t, tc.body)
			e, err := NewHTTPExecution(server.URL, 0)
			require.NoError(t, err)
			b, err := NewHTTPBeacon(server.URL, chain.Network, 0)
			require.NoError(t, err)
			require.ErrorIs(t, tc.ask(e, b), lightclient.ErrTooLarge)
		})
	}
}

// A source that answers at once, with what is old or with lies, gains nothing
// over honest ones that take their time, as long as a quorum of these is left.
func TestAQuickSourceThatHoldsBackDoesNotKeepSlowerOnesFromBeingHeard(t *testing.T) {
	for name, hostile := range map[string]func(*fake){
		"shows what is old": func(f *fake) { f.tip = 40 },
		"shows nothing":     func(f *fake) { f.before = closed },
		"shows forged finality": func(f *fake) {
			f.finality = func(u *beacon.Update) *beacon.Update { v := *u; v.SignatureSlot++; return &v }
		},
		"hangs": func(f *fake) { f.before = func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() } },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				chain := ethtest.New(forks(), 1, 60, nil)
				quick, b, c := newFake("quick", chain), newFake("b", chain), newFake("c", chain)
				f := synced(t, chain, 20, quick, b, c)
				chain.Extend(120)
				f.atSlot(121)
				slow := func(ctx context.Context, _ string) error {
					select {
					case <-time.After(3 * time.Second):
						return nil
					case <-ctx.Done():
						return ctx.Err()
					}
				}
				b.before, c.before = slow, slow
				hostile(quick)
				_, err := f.Sync(t.Context())
				require.NoError(t, err)
				requireHead(t, f, 96)
			})
		})
	}
}

// One hostile beacon source of three and one hostile execution source of two, at
// the same time, whatever they say: the head goes on and events are the chain's.
func TestOneHostileSourceOfEachKindNeitherStopsNorChangesWhatIsSeen(t *testing.T) {
	chain, w := busy(t)
	for name, hostile := range map[string]func(*fake){
		"another chain altogether": func(f *fake) { f.chain = ethtest.New(forks(), 9, 120, nil) },
		"nothing":                  func(f *fake) { f.before = closed },
		"altered headers": func(f *fake) {
			f.header = func(raw []byte) []byte { return alterFirst([][]byte{raw})[0] }
			f.headers = alterFirst[[][]byte]
		},
		"altered lists": func(f *fake) { f.receipts, f.transactions = alterFirst, alterFirst },
		"no next committee, no finality": func(f *fake) {
			f.updates = func([]*beacon.Update) []*beacon.Update { return nil }
			f.tip = 30
		},
		"updates in the wrong order": func(f *fake) {
			f.updates = func(us []*beacon.Update) []*beacon.Update {
				for i := range len(us) / 2 {
					us[i], us[len(us)-1-i] = us[len(us)-1-i], us[i]
				}
				return us
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			bad, b, c := newFake("0 bad", chain), newFake("b", chain), newFake("c", chain)
			bad.proof, b.proof, c.proof = w.proof, w.proof, w.proof
			hostile(bad)
			f := rooted(t, chain, 20, bad, b, c)
			_, err := f.Sync(t.Context())
			require.NoError(t, err)
			requireHead(t, f, 96)
			require.Equal(t, lightclient.Active, f.Status().State)
			found := 0
			for number := uint64(1); number <= 96; number++ {
				events, err := f.Events(t.Context(), number, deposits())
				require.NoError(t, err)
				found += len(events)
			}
			require.Equal(t, 2*19, found)
			require.NoError(t, f.failures["b"])
			require.NoError(t, f.failures["c"])
		})
	}
}
