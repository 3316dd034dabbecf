package rpc

import (
	"fmt"
	"net"
	"time"
)

// Config is the relayer's section [rpc].
type Config struct {
	// Listen is host:port for gRPC and HTTP; empty: the service is off.
	Listen string `toml:"listen"`
	// TLSCertFile and TLSKeyFile are PEM files, both or neither; they are read again when they change.
	TLSCertFile string `toml:"tls_cert_file"`
	TLSKeyFile  string `toml:"tls_key_file"`
	// AllowOrigins are the web origins whose pages may call by HTTP; "*" is every one.
	AllowOrigins []string `toml:"allow_origins"`
	// Rate is calls a second of one address without receipt, ClientRate of one client with receipt, TotalRate of all together. Each may come in
	// a burst of Burst seconds' calls.
	Rate       float64 `toml:"rate"`
	ClientRate float64 `toml:"client_rate"`
	TotalRate  float64 `toml:"total_rate"`
	Burst      float64 `toml:"burst"`
	// MaxClients whose receipts are kept in an era, and MaxConnections at once.
	MaxClients     int `toml:"max_clients"`
	MaxConnections int `toml:"max_connections"`
	// TimeoutSeconds bounds one call.
	TimeoutSeconds int `toml:"timeout_seconds"`
}

// DefaultConfig is off.
func DefaultConfig() Config {
	return Config{
		Rate: 2, ClientRate: 20, TotalRate: 200, Burst: 5, MaxClients: 100_000, MaxConnections: 1000, TimeoutSeconds: 10,
	}
}

// On says whether the service listens.
func (c Config) On() bool { return c.Listen != "" }

func (c Config) timeout() time.Duration { return time.Duration(c.TimeoutSeconds) * time.Second }

// bound is a figure with the least and greatest value that it may have.
type bound struct {
	key        string
	value      float64
	least, top float64
}

// Validate names every value that can't be worked with.
func (c Config) Validate() []error {
	var errs []error
	if _, port, err := net.SplitHostPort(c.Listen); c.On() && (err != nil || port == "") {
		errs = append(errs, fmt.Errorf("rpc.listen is %q, want host:port, or empty", c.Listen))
	}
	if (c.TLSCertFile == "") != (c.TLSKeyFile == "") {
		errs = append(errs, fmt.Errorf("rpc.tls_cert_file is %q and rpc.tls_key_file %q, want both or neither", c.TLSCertFile, c.TLSKeyFile))
	}
	for _, b := range []bound{
		{"rpc.rate", c.Rate, 0, 1e6},
		{"rpc.client_rate", c.ClientRate, 0.01, 1e6},
		{"rpc.total_rate", c.TotalRate, 0.01, 1e6},
		{"rpc.burst", c.Burst, 1, 3600},
		{"rpc.max_clients", float64(c.MaxClients), 1, 1e6},
		{"rpc.max_connections", float64(c.MaxConnections), 1, 1e5},
		{"rpc.timeout_seconds", float64(c.TimeoutSeconds), 1, 120},
	} {
		if b.value < b.least || b.value > b.top {
			errs = append(errs, fmt.Errorf("%s is %v, want from %v to %v", b.key, b.value, b.least, b.top))
		}
	}
	if c.Rate > c.ClientRate {
		errs = append(errs, fmt.Errorf("rpc.rate is %v, want at most rpc.client_rate, %v: a receipt is worth something", c.Rate, c.ClientRate))
	}
	return errs
}
