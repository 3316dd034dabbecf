package relayer

import (
	"context"
	"fmt"
	"io"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/relayer/stafi"
	"github.com/stafiprotocol/stafid/x/ssv/pvss"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

// Finding is one line of a check: what was looked at, whether it is as it should be, and, where not, what to do.
type Finding struct {
	About string
	OK    bool
	Text  string
	Do    string
}

// Findings are the lines of a check, in the order looked at.
type Findings []Finding

// OK tells whether nothing is wrong.
func (f Findings) OK() bool {
	for _, finding := range f {
		if !finding.OK {
			return false
		}
	}
	return true
}

// Write writes the lines in words.
func (f Findings) Write(out io.Writer) error {
	for _, finding := range f {
		word := "ok     "
		if !finding.OK {
			word = "PROBLEM"
		}
		if _, err := fmt.Fprintf(out, "%s  %s: %s\n", word, finding.About, finding.Text); err != nil {
			return err
		}
		if !finding.OK && finding.Do != "" {
			if _, err := fmt.Fprintf(out, "         do: %s\n", finding.Do); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *Findings) ok(about, format string, values ...any) {
	*f = append(*f, Finding{About: about, OK: true, Text: fmt.Sprintf(format, values...)})
}

func (f *Findings) problem(about, do, format string, values ...any) {
	*f = append(*f, Finding{About: about, Text: fmt.Sprintf(format, values...), Do: do})
}

// checkTimeout bounds one question of a check.
const checkTimeout = 10 * time.Second

// Check looks at everything that a relayer needs and says in words what is wrong: configuration, keys, beacon keys, node, registration,
// balance, and each original chain's sources, checkpoint and funder. It changes nothing and may run beside the relayer.
func Check(ctx context.Context, home string, input io.Reader) Findings {
	var found Findings
	cfg, err := ReadConfig(home)
	if err != nil {
		found.problem("config", "correct the file, or write a new one with: stafid relayer init", "%v", err)
		return found
	}
	found.ok("config", "%s", ConfigPath(home))
	keys, err := OpenKeys(home, cfg, input)
	if err != nil {
		found.problem("keys", "add what is missing with: stafid keys add NAME --keyring-backend "+cfg.Keyring.Backend, "%v", err)
		return found
	}
	found.ok("keys", "submitter %s and the signers of %d chains", keys.Submitter.Address(), len(cfg.Chains))
	node, err := stafi.Dial(cfg.ChainID, cfg.Node.RPC, cfg.Node.GRPC)
	if err != nil {
		found.problem("node", "correct [node] in the config", "%v", err)
		return found
	}
	defer func() { _ = node.Close() }()
	c := checker{cfg: cfg, keys: keys, node: node, found: &found}
	c.checkBeaconFiles(OpenBeaconKeys(home, cfg).paths)
	if c.checkNode(ctx) {
		c.checkBalance(ctx)
		c.checkRegistration(ctx)
	}
	c.checkService(ctx)
	for _, chain := range cfg.Chains {
		c.checkChain(ctx, chain)
	}
	return found
}

type checker struct {
	cfg   Config
	keys  Keys
	node  *stafi.Node
	found *Findings
	view  stafi.View
	// beacon are the public halves of the beacon keys at hand.
	beacon []pvss.PublicKey
}

func (c *checker) checkNode(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	now, err := c.node.Now(ctx)
	if err != nil {
		c.found.problem("node", "start the node, let it catch up, and compare chain_id and [node] with it", "%v", err)
		return false
	}
	c.found.ok("node", "%s at height %d, block of %s", c.cfg.ChainID, now.Height, now.Time.Format(time.RFC3339))
	c.view, err = stafi.NewReader(c.node, c.keys.Submitter.Address().String()).Read(ctx, now)
	if err != nil {
		c.found.problem("state", "switch gRPC on in the node's app.toml, and compare node.grpc with it", "%v", err)
		return false
	}
	c.found.ok("state", "%d contracts, read through %s", len(c.view.Contracts), c.cfg.Node.GRPC)
	return true
}

func (c *checker) checkBalance(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	submitter := c.keys.Submitter.Address()
	least, err := sdk.ParseCoinNormalized(c.cfg.Submitter.MinBalance)
	if err != nil {
		return
	}
	balance, err := c.node.Balance(ctx, submitter, least.Denom)
	switch {
	case err != nil:
		c.found.problem("balance", "", "%v", err)
	case balance.IsLT(least):
		c.found.problem("balance", fmt.Sprintf("send %s to %s", least, submitter), "submitter holds %s, want at least %s", balance, least)
	default:
		c.found.ok("balance", "submitter holds %s", balance)
	}
}

func (c *checker) checkRegistration(_ context.Context) {
	submitter := c.keys.Submitter.Address()
	if c.view.Candidate == nil {
		c.found.problem("registration", "register it by the operator's key: stafid tx ssv register-candidate --help",
			"no candidate has registered submitter %s", submitter)
		return
	}
	candidate := c.view.Candidate.Candidate
	c.found.ok("registration", "submits for %s", candidate.Operator)
	for _, key := range candidate.Chains {
		c.checkSigner(candidate, key)
	}
	c.checkBeaconKeys(candidate, c.view.Era.Number)
	for _, chain := range c.cfg.Chains {
		if !registered(candidate, chain.ChainID) {
			c.found.problem("registration", "register its signer (update-candidate), or take the chain out of the config",
				"%s is configured and not registered", chain.ChainID)
		}
	}
	for _, criterion := range c.view.Candidate.Criteria {
		if !criterion.Holds {
			c.found.problem("criterion", "until it holds, the candidate is not elected",
				"%s: measured %s, required %s", criterion.Name, criterion.Measured, criterion.Required)
		}
	}
}

func registered(candidate ssvtypes.Candidate, chainID string) bool {
	for _, key := range candidate.Chains {
		if key.ChainId == chainID {
			return true
		}
	}
	return false
}

func (c *checker) checkSigner(candidate ssvtypes.Candidate, key ssvtypes.ChainKey) {
	signers := c.keys.Signers[key.ChainId]
	switch {
	case len(signers) == 0:
		c.found.problem("signer of "+key.ChainId, "add a [[chain]] block for it", "%s registered it, and it is not configured", candidate.Operator)
	case string(signers[0].PubKey.Key) != string(key.Signer):
		c.found.problem("signer of "+key.ChainId, "name the registered key in signer_key, older ones in former_signer_keys",
			"registered is %X, key %q is %X", key.Signer, signers[0].Name, signers[0].PubKey.Key)
	default:
		c.found.ok("signer of "+key.ChainId, "key %q is the registered one", signers[0].Name)
	}
}
