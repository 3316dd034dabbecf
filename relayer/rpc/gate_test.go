package rpc

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/stakingcontract/receipt"
)

func (w *world) gate(change func(*Config)) *gate {
	w.t.Helper()
	cfg := config()
	change(&cfg)
	require.Empty(w.t, cfg.Validate())
	return newGate(cfg, w.deps(), w.receipts(cfg.MaxClients), func() time.Time { return w.clock })
}

func generous(cfg *Config) { cfg.Rate, cfg.ClientRate, cfg.TotalRate = 1000, 1000, 10_000 }

func TestACallWithAReceiptIsCounted(t *testing.T) {
	w := newWorld(t)
	g := w.gate(generous)
	for calls := range uint64(3) {
		found, err := g.admit(context.Background(), remote, encoded(t, "alice", body(calls+1)))
		require.NoError(t, err)
		require.Equal(t, verdict{status: Counted, calls: calls + 1}, found)
	}
	require.Equal(t, Meter{Counted: 3}, g.meter.read())
	require.Equal(t, 1, w.asked, "whether a client holds enough is asked once a minute")
}

func TestAReceiptThatDoesNotCountIsNamedAndItsCallServedAsOneWithout(t *testing.T) {
	w := newWorld(t)
	g := w.gate(generous)
	_, err := g.admit(context.Background(), remote, encoded(t, "alice", body(5)))
	require.NoError(t, err)
	w.poor[receipt.Address(key("poor").PubKey().Bytes()).String()] = true
	changed := func(change func(*receipt.Body)) string {
		b := body(6)
		change(&b)
		return encoded(t, "alice", b)
	}
	forged, err := func() (string, error) {
		r := sign(t, "alice", body(6))
		r.Calls = 7
		return r.Encode()
	}()
	require.NoError(t, err)
	for name, c := range map[string]struct{ text, says string }{
		"no base64":        {"!", "malformed"},
		"several":          {only([]string{"a", "b"}), "malformed"},
		"a count as known": {encoded(t, "alice", body(5)), "5, want more than 5"},
		"a lower count":    {encoded(t, "alice", body(4)), "4, want more than 5"},
		"another era":      {changed(func(b *receipt.Body) { b.Era = 6 }), "era 6, want 7"},
		"another contract": {changed(func(b *receipt.Body) { b.Contract = 2 }), "contract 2"},
		"another operator": {changed(func(b *receipt.Body) { b.Operator = sdk.ValAddress(strings.Repeat("p", 20)) }), "want " + operator.String()},
		"another chain":    {changed(func(b *receipt.Body) { b.ChainID = "other" }), "no valid signature"},
		"a forged count":   {forged, "no valid signature"},
		"too few rTokens":  {encoded(t, "poor", body(1)), "holds 99 since before era 7, want at least 100"},
	} {
		t.Run(name, func(t *testing.T) {
			before := g.meter.read()
			found, err := g.admit(context.Background(), remote, c.text)
			require.NoError(t, err)
			require.Contains(t, found.status, c.says)
			require.Equal(t, before.Plain+1, g.meter.read().Plain)
			require.Equal(t, uint64(5), g.receipts.Highest(scope(), key("alice").PubKey().Bytes()))
		})
	}
	w.serves = false
	found, err := g.admit(context.Background(), remote, encoded(t, "alice", body(6)))
	require.NoError(t, err)
	require.Contains(t, found.status, "does not serve now")
	w.serves, w.down = true, true
	found, err = g.admit(context.Background(), remote, encoded(t, "new", body(6)))
	require.NoError(t, err)
	require.Contains(t, found.status, "down")
}

func refused(err error) bool { return status.Code(err) == codes.ResourceExhausted }

func TestCallsWithoutReceiptHaveALowerRateAndOneAddressStarvesNoOther(t *testing.T) {
	w := newWorld(t)
	g := w.gate(func(cfg *Config) { cfg.Rate, cfg.ClientRate, cfg.Burst = 1, 10, 2 })
	served := func(remote string, text func(i int) string) (n int) {
		for i := range 30 {
			_, err := g.admit(context.Background(), remote, text(i))
			if err == nil {
				n++
			} else {
				require.True(t, refused(err), err)
			}
		}
		return n
	}
	without := func(int) string { return "" }
	require.Equal(t, 2, served(remote, without))
	require.Equal(t, 2, served("192.0.2.8:1", without))
	require.Equal(t, 20, served(remote, func(i int) string { return encoded(t, "alice", body(uint64(i+1))) }))
	w.clock = w.clock.Add(time.Second)
	require.Equal(t, 1, served(remote, without))
}

func TestForgedReceiptsCostNoMoreVerificationsThanAnAddressMayHave(t *testing.T) {
	w := newWorld(t)
	g := w.gate(func(cfg *Config) { cfg.Rate, cfg.ClientRate, cfg.Burst = 1, 1, 1 })
	verified := 0
	for i := range 50 {
		r := sign(t, fmt.Sprintf("client %d", i), body(1))
		r.Calls = 2
		text, err := r.Encode()
		require.NoError(t, err)
		found, _ := g.admit(context.Background(), remote, text)
		if strings.Contains(found.status, "signature") {
			verified++
		}
	}
	require.Equal(t, verifyFactor, verified)
}

func TestAllTogetherHaveARate(t *testing.T) {
	w := newWorld(t)
	g := w.gate(func(cfg *Config) { cfg.TotalRate, cfg.Burst = 3, 1 })
	served := 0
	for i := range 20 {
		if _, err := g.admit(context.Background(), fmt.Sprintf("192.0.2.%d:1", i), ""); err == nil {
			served++
		}
	}
	require.Equal(t, 3, served)
}

func TestTheMemoryOfALimiterIsBounded(t *testing.T) {
	l := newLimiter(1, 1, func() time.Time { return epoch })
	for i := range maxKeys + 1000 {
		l.allow(fmt.Sprint(i))
	}
	require.Equal(t, maxKeys, l.keys.Len())
}

func TestAnAddressIsWhatOneSubscriberHas(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.7:4711":            "192.0.2.7",
		"[::ffff:192.0.2.7]:4711":   "192.0.2.7",
		"[2001:db8:1:2:3:4:5:6]:80": "2001:db8:1:2::/64",
		"[2001:db8:1:2::9]:81":      "2001:db8:1:2::/64",
		"@":                         "@",
	} {
		require.Equal(t, want, addressKey(remote), remote)
	}
}

func TestEveryValueOfTheConfigThatCantBeWorkedWithIsNamed(t *testing.T) {
	require.Empty(t, config().Validate())
	for says, change := range map[string]func(*Config){
		"rpc.listen":          func(c *Config) { c.Listen = "9990" },
		"rpc.tls_cert_file":   func(c *Config) { c.TLSCertFile = "a" },
		"rpc.rate":            func(c *Config) { c.Rate = -1 },
		"rpc.client_rate":     func(c *Config) { c.ClientRate = 0 },
		"rpc.total_rate":      func(c *Config) { c.TotalRate = 0 },
		"rpc.burst":           func(c *Config) { c.Burst = 0 },
		"rpc.max_clients":     func(c *Config) { c.MaxClients = 0 },
		"rpc.max_connections": func(c *Config) { c.MaxConnections = 0 },
		"rpc.timeout_seconds": func(c *Config) { c.TimeoutSeconds = 0 },
		"a receipt is worth":  func(c *Config) { c.Rate = 21 },
	} {
		bad := config()
		change(&bad)
		found := bad.Validate()
		require.NotEmpty(t, found, says)
		require.ErrorContains(t, found[0], says)
	}
}
