package ethereumtx_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/relayer/ethereumtx"
)

// jsonRPC answers every call of a method with a result or an error, as raw JSON.
func jsonRPC(t *testing.T, answers map[string]string) *ethereumtx.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var call struct {
			ID     json.RawMessage `json:"id"`
			Method string          `json:"method"`
		}
		_ = json.NewDecoder(r.Body).Decode(&call)
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,%s}`, call.ID, answers[call.Method])
	}))
	t.Cleanup(server.Close)
	client, err := ethereumtx.Dial(t.Context(), server.URL)
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

func refusal(text string) string { return fmt.Sprintf(`"error":{"code":-32000,"message":%q}`, text) }

func TestWhatNodesAnswerToATransactionIsToldApart(t *testing.T) {
	to := common.Address{1}
	tx := types.NewTx(&types.DynamicFeeTx{ChainID: big.NewInt(1), To: &to, GasFeeCap: big.NewInt(1), GasTipCap: big.NewInt(1)})
	for text, want := range map[string]ethereumtx.Verdict{
		"already known":                                         ethereumtx.Taken,
		"AlreadyKnown":                                          ethereumtx.Taken,
		"nonce too low: next nonce 5, tx 4":                     ethereumtx.Used,
		"replacement transaction underpriced":                   ethereumtx.Underpriced,
		"transaction underpriced: tip needed":                   ethereumtx.Underpriced,
		"insufficient funds for gas * price + value: balance 0": ethereumtx.Poor,
		"exceeds block gas limit":                               ethereumtx.Refused,
		"something that nobody has said before":                 ethereumtx.Refused,
	} {
		verdict, err := jsonRPC(t, map[string]string{"eth_sendRawTransaction": refusal(text)}).Send(t.Context(), tx)
		require.Equal(t, want, verdict, text)
		require.Equal(t, want == ethereumtx.Poor || want == ethereumtx.Refused, err != nil, text)
	}
	verdict, err := jsonRPC(t, map[string]string{"eth_sendRawTransaction": fmt.Sprintf(`"result":%q`, tx.Hash())}).Send(t.Context(), tx)
	require.NoError(t, err)
	require.Equal(t, ethereumtx.Taken, verdict)
}

func TestANodeThatDoesNotAnswerTookNothing(t *testing.T) {
	client, err := ethereumtx.Dial(t.Context(), "http://127.0.0.1:1")
	require.NoError(t, err)
	_, err = client.Send(t.Context(), types.NewTx(&types.DynamicFeeTx{}))
	require.Error(t, err)
	_, err = client.Look(t.Context(), common.Address{})
	require.Error(t, err)
}

func TestACallThatRevertsIsToldApartFromANodeThatFails(t *testing.T) {
	for answer, want := range map[string]struct{ reverts, fails bool }{
		`"result":"0x"`: {},
		`"error":{"code":3,"message":"execution reverted: GS026","data":"0x"}`: {reverts: true},
		refusal("out of gas"): {reverts: true},
		`"error":{"code":-32005,"message":"daily limit exceeded"}`: {fails: true},
	} {
		reverts, _, err := jsonRPC(t, map[string]string{"eth_call": answer}).Simulate(t.Context(), common.Address{}, common.Address{}, 1, nil)
		require.Equal(t, want.reverts, reverts, answer)
		require.Equal(t, want.fails, err != nil, answer)
	}
}

func TestAPasswordOfANodesAddressIsNotShown(t *testing.T) {
	client, err := ethereumtx.Dial(t.Context(), "https://user:secret@host:8545/path")
	require.NoError(t, err)
	require.NotContains(t, client.Name(), "secret")
}
