package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// upstream answers like a CometBFT node with one block of one transaction.
func upstream(t *testing.T) string {
	t.Helper()
	answers := map[string]string{
		"block":         `{"block":{"data":{"txs":["AAECAw=="]}}}`,
		"block_results": `{"height":"7","txs_results":[{"code":0}]}`,
		"commit":        `{"signed_header":{"header":{"app_hash":"AB0"}}}`,
		"status":        `{"sync_info":{"latest_block_height":"7"}}`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var call rpcCall
		if json.NewDecoder(r.Body).Decode(&call) == nil {
			_, _ = io.WriteString(w, `{"jsonrpc":"2.0","id":1,"result":`+answers[call.Method]+`}`)
		}
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func ask(t *testing.T, liar *Liar, method, params string) (string, error) {
	t.Helper()
	body := `{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":` + params + `}`
	response, err := http.Post("http://"+liar.Address, "application/json", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(text), nil
}

func TestALiarAltersWhatItsLieIsAboutAndNothingElse(t *testing.T) {
	source := upstream(t)
	for _, test := range []struct {
		lie          Lie
		method       string
		truth, untru string
	}{
		{LieTransaction, "block", "AAECAw==", "AAEDAw=="},
		{LieCode, "block_results", `"code":0`, `"code":5`},
		{LieHeader, "commit", `"AB0"`, `"AB1"`},
		{LieDiscard, "block_results", `"txs_results"`, `"data":"node is not persisting finalize block responses"`},
	} {
		liar, err := StartLiar(test.lie, source)
		require.NoError(t, err)
		defer liar.Stop()
		for _, method := range []string{"block", "block_results", "commit"} {
			text, err := ask(t, liar, method, `{"height":"7"}`)
			require.NoError(t, err)
			if method == test.method {
				require.Contains(t, text, test.untru)
				require.NotContains(t, text, test.truth)
			}
		}
		require.EqualValues(t, 1, liar.Told())
	}
}

func TestALaggingSourceKnowsNothingAboveItsFirstHeight(t *testing.T) {
	liar, err := StartLiar(LieLag, upstream(t))
	require.NoError(t, err)
	defer liar.Stop()
	_, err = ask(t, liar, "status", `{}`)
	require.NoError(t, err)
	text, err := ask(t, liar, "commit", `{"height":"8"}`)
	require.NoError(t, err)
	require.Contains(t, text, "height 8 must be less than or equal to the current blockchain height 7")
	text, err = ask(t, liar, "commit", `{"height":"7"}`)
	require.NoError(t, err)
	require.Contains(t, text, `"AB0"`)
}

func TestAClosingSourceDropsTheConnection(t *testing.T) {
	liar, err := StartLiar(LieClose, upstream(t))
	require.NoError(t, err)
	defer liar.Stop()
	_, err = ask(t, liar, "status", `{}`)
	require.ErrorIs(t, err, io.EOF)
}
