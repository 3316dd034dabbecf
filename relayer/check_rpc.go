package relayer

import (
	"context"

	"github.com/stafiprotocol/stafid/relayer/rpcapi"
	"github.com/stafiprotocol/stafid/relayer/rpcclient"
)

// checkService asks the operator's own service at each endpoint that the candidate registered, as a staker would. It needs the relayer to run.
func (c *checker) checkService(ctx context.Context) {
	if c.view.Candidate == nil {
		return
	}
	seen := map[string]bool{}
	for _, key := range c.view.Candidate.Candidate.Chains {
		if key.Endpoint != "" && !seen[key.Endpoint] {
			seen[key.Endpoint] = true
			c.checkEndpoint(ctx, key.Endpoint)
		}
	}
	switch {
	case len(seen) > 0 && !c.cfg.RPC.On():
		c.found.problem("rpc service", "set rpc.listen", "an endpoint is registered and the service is off")
	case len(seen) == 0 && c.cfg.RPC.On():
		c.found.problem("rpc service", "register its endpoint (update-candidate)", "the service is on and stakers can't find it")
	case len(seen) == 0:
		c.found.ok("rpc service", "off: no calls of stakers are served, and none earns points")
	}
}

func (c *checker) checkEndpoint(ctx context.Context, endpoint string) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	about, start := "endpoint "+endpoint, "start the relayer, and open the way from outside to rpc.listen"
	client, err := rpcclient.Dial(endpoint, rpcclient.Options{ChainID: c.cfg.ChainID})
	if err != nil {
		c.found.problem(about, "correct it (update-candidate): http://host:port, or https://host:port with TLS", "%v", err)
		return
	}
	defer func() { _ = client.Close() }()
	member, err := client.Member(ctx, &rpcapi.MemberRequest{})
	operator := c.view.Candidate.Candidate.Operator
	switch {
	case err != nil:
		c.found.problem(about, start, "%v", err)
	case member.ChainId != c.cfg.ChainID || member.Operator != operator:
		c.found.problem(about, "register your own", "serves for %s on %s, want %s on %s", member.Operator, member.ChainId, operator, c.cfg.ChainID)
	default:
		c.found.ok(about, "serves for %s at height %d", member.Operator, member.Height)
	}
}
