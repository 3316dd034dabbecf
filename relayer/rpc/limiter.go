package rpc

import (
	"net/netip"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// maxKeys bounds the addresses or clients that a limiter remembers. One that was forgotten begins anew with a full burst; what all together may
// do is bounded by the limiter of all.
const maxKeys = 20_000

// limiter gives each key calls at a rate. Safe for concurrent use.
type limiter struct {
	rate  rate.Limit
	burst int
	keys  *lru.Cache[string, *rate.Limiter]
	clock func() time.Time
}

func newLimiter(perSecond, burstSeconds float64, clock func() time.Time) *limiter {
	keys, err := lru.New[string, *rate.Limiter](maxKeys)
	if err != nil {
		panic(err) // of a size that is not positive
	}
	return &limiter{rate: rate.Limit(perSecond), burst: max(1, int(perSecond*burstSeconds)), keys: keys, clock: clock}
}

func (l *limiter) allow(key string) bool {
	if l.rate == 0 {
		return false
	}
	found, ok := l.keys.Get(key)
	if !ok {
		fresh := rate.NewLimiter(l.rate, l.burst)
		if first, raced, _ := l.keys.PeekOrAdd(key, fresh); raced {
			found = first
		} else {
			found = fresh
		}
	}
	return found.AllowN(l.clock(), 1)
}

// addressKey is an IPv4 address, or the /64 of an IPv6 address, which is what one subscriber has; text that is no address is its own key.
func addressKey(remote string) string {
	if with, err := netip.ParseAddrPort(remote); err == nil {
		remote = with.Addr().Unmap().WithZone("").String()
	}
	address, err := netip.ParseAddr(remote)
	if err != nil || !address.Is6() {
		return remote
	}
	prefix, err := address.Prefix(64)
	if err != nil {
		return remote
	}
	return prefix.String()
}
