package status_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"

	"github.com/stafiprotocol/stafid/relayer/status"
)

func board() *status.Board {
	b := status.NewBoard(status.Report{Version: "v1", ChainID: "stafi-1", Submitter: "stafi1submitter"}, log.NewNopLogger())
	b.Set(func(r *status.Report) { r.Height, r.Time, r.Operator = 7, time.Now(), "stafivaloper1x" })
	b.Doing(status.Observe, "contract 1", "nothing to report from 5 to 9", func(d *status.Duty) { d.Lag = 4 })
	b.Done(status.Sign, "", "sign/4 is in block 6")
	b.Failed(status.Attest, "contract 1", errors.New("light client is behind"))
	b.Chain(status.Chain{ChainID: "origin-1", State: "ACTIVE", Head: 9, Time: time.Now(), Sources: []status.Source{
		{Name: "http://one", Score: 0.5, Lies: 2, LastLie: "header is forged"},
	}})
	return b
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(body)
}

func TestAReportSaysInWordsWhatEveryDutyIsAt(t *testing.T) {
	b := board()
	b.Alarm("balance", "submitter holds 1ufis")
	server := httptest.NewServer(status.Handler(b))
	defer server.Close()
	report, err := status.Fetch(context.Background(), strings.TrimPrefix(server.URL, "http://"))
	require.NoError(t, err)
	var words bytes.Buffer
	require.NoError(t, report.Write(&words))
	for _, want := range []string{
		"stafi-1 at height 7", "serves stafivaloper1x", "origin-1: ACTIVE, verified to 9", "2 lies", "last lie: header is forged",
		"nothing to report from 5 to 9", "lag 4", "light client is behind", "ALARM balance", "submitter holds 1ufis",
	} {
		require.Contains(t, words.String(), want)
	}
}

func TestMetricsShowDutiesSourcesAndAlarms(t *testing.T) {
	b := board()
	b.Alarm("frozen/origin-1", "look")
	server := httptest.NewServer(status.Handler(b))
	defer server.Close()
	code, body := get(t, server.URL+"/metrics")
	require.Equal(t, http.StatusOK, code)
	for _, want := range []string{
		`stafi_relayer_height 7`, `stafi_relayer_duty_lag_blocks{duty="observe",scope="contract 1"} 4`,
		`stafi_relayer_duty_done_total{duty="sign",scope=""} 1`, `stafi_relayer_duty_failed_total{duty="attest",scope="contract 1"} 1`,
		`stafi_relayer_alarm{alarm="frozen/origin-1"} 1`, `stafi_relayer_source_lies_total{chain="origin-1",source="http://one"} 2`,
		`stafi_relayer_origin_state{chain="origin-1",state="ACTIVE"} 1`,
	} {
		require.Contains(t, body, want)
	}
}

func TestHealthNamesWhatIsWrong(t *testing.T) {
	b := board()
	server := httptest.NewServer(status.Handler(b))
	defer server.Close()
	code, _ := get(t, server.URL+"/healthz")
	require.Equal(t, http.StatusOK, code)
	b.Alarm("balance", "submitter is poor")
	code, body := get(t, server.URL+"/healthz")
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Contains(t, body, "submitter is poor")
	b.Clear("balance")
	b.Set(func(r *status.Report) { r.Time = time.Now().Add(-2 * time.Minute) })
	code, body = get(t, server.URL+"/healthz")
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Contains(t, body, "want at most 1m0s")
}

func TestAnAlarmKeepsTheTimeAtWhichItBegan(t *testing.T) {
	b := board()
	b.AlarmIf(true, "x", "first")
	since := b.Report().Alarms[0].Since
	b.AlarmIf(true, "x", "second")
	require.Equal(t, since, b.Report().Alarms[0].Since)
	require.Equal(t, "second", b.Report().Alarms[0].Text)
	b.AlarmIf(false, "x", "")
	require.Empty(t, b.Report().Alarms)
}

func TestTheListenerStopsWithItsContextAndNamesATakenPort(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	taken := strings.TrimPrefix(server.URL, "http://")
	require.ErrorContains(t, status.Serve(context.Background(), taken, board()), "status listener")
	_, err := status.Fetch(context.Background(), taken)
	require.ErrorContains(t, err, "404")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.NoError(t, status.Serve(ctx, "", board()))
}
