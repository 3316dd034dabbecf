package status

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	requestTimeout = 5 * time.Second
	// maxReport bounds what a client reads of a report.
	maxReport = 16 << 20
	// staleAfter is the age of the newest block seen at which a relayer no longer counts as healthy.
	staleAfter = time.Minute
)

// Handler serves /status (JSON), /healthz (200 or 503 with the reason) and /metrics (Prometheus).
func Handler(board *Board) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(NewMetrics(board), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		_ = encoder.Encode(board.Report())
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if reason := board.Report().unhealthy(); reason != "" {
			http.Error(w, reason, http.StatusServiceUnavailable)
			return
		}
		_, _ = fmt.Fprintln(w, "ok")
	})
	return mux
}

func (r Report) unhealthy() string {
	if age := r.Now.Sub(r.Time); age > staleAfter {
		return fmt.Sprintf("newest block seen is %s old, want at most %s", age.Round(time.Second), staleAfter)
	}
	if len(r.Alarms) > 0 {
		return r.Alarms[0].Text
	}
	return ""
}

// Serve listens until the context ends. An empty address serves nothing.
func Serve(ctx context.Context, address string, board *Board) error {
	if address == "" {
		<-ctx.Done()
		return nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("status listener: %w", err)
	}
	server := &http.Server{Handler: Handler(board), ReadHeaderTimeout: requestTimeout, WriteTimeout: 2 * requestTimeout}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout)
		defer cancel()
		stopped <- server.Shutdown(closing)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

// Fetch reads the report of the relayer that listens on an address.
func Fetch(ctx context.Context, address string) (Report, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/status", nil)
	if err != nil {
		return Report{}, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return Report{}, fmt.Errorf("no relayer answers on %s: %w", address, err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return Report{}, fmt.Errorf("relayer on %s answers %s", address, response.Status)
	}
	var report Report
	if err := json.NewDecoder(io.LimitReader(response.Body, maxReport)).Decode(&report); err != nil {
		return Report{}, fmt.Errorf("relayer on %s: %w", address, err)
	}
	return report, nil
}

func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}
