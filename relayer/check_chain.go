package relayer

import (
	"context"
	"fmt"
	"time"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/bech32"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/cometbft"
	"github.com/stafiprotocol/stafid/relayer/observe"
	"github.com/stafiprotocol/stafid/relayer/stafi"
)

// checkChain looks at one original chain. What sources say is not proven here: a check is for finding mistakes, not lies.
func (c *checker) checkChain(ctx context.Context, cfg ChainConfig) {
	if contract, ok := contractOn(c.view, cfg.ChainID); ok && kindOf(contract) != cfg.Kind {
		c.found.problem(cfg.ChainID, "correct kind", "kind is %q, contract %d says %q", cfg.Kind, contract.Id, kindOf(contract))
		return
	}
	if cfg.Kind == KindEthereum {
		c.checkEthereum(ctx, cfg)
		return
	}
	sources := c.checkSources(ctx, cfg)
	contract, ok := contractOn(c.view, cfg.ChainID)
	if !ok {
		c.found.ok(cfg.ChainID, "no contract on this chain yet")
		return
	}
	if len(sources) == 0 {
		c.found.problem("checkpoint of "+cfg.ChainID, "make a source reachable first", "can't be looked at")
		return
	}
	for _, source := range sources {
		c.checkAnswers(ctx, contract, source)
	}
	c.checkCheckpoint(ctx, cfg, contract, sources[0])
	c.checkFunder(ctx, cfg, contract, sources[0])
}

// checkSources returns those that answer for the right chain.
func (c *checker) checkSources(ctx context.Context, cfg ChainConfig) []cometbft.Source {
	var reachable []cometbft.Source
	for _, address := range cfg.Sources {
		about := "source " + address
		source, err := cometbft.NewHTTPSource(address, 0)
		if err != nil {
			c.found.problem(about, "correct its address", "%v", err)
			continue
		}
		asking, cancel := context.WithTimeout(ctx, checkTimeout)
		tip, err := source.Tip(asking)
		cancel()
		switch {
		case err != nil:
			c.found.problem(about, "replace it if this lasts", "%v", err)
		case tip.ChainID != cfg.ChainID:
			c.found.problem(about, "take it out", "serves %q, want %q", tip.ChainID, cfg.ChainID)
		default:
			c.found.ok(about, "%s at height %d", tip.ChainID, tip.Height)
			reachable = append(reachable, source)
		}
	}
	if len(cfg.Sources) == 1 {
		c.found.ok("sources of "+cfg.ChainID, "only one: it can be down, or cut the relayer off; sources of other people are safer")
	}
	return reachable
}

// provenBelow the tip is the newest block of which results and state are signed, with one to spare.
const provenBelow = 2

// checkAnswers asks a source whatever observing will ask of it: of the newest block that can be proven, and of the oldest that is not observed yet.
func (c *checker) checkAnswers(ctx context.Context, contract stafi.Contract, source cometbft.Source) {
	about := "answers of " + source.Name()
	asking, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	tip, err := source.Tip(asking)
	if err != nil {
		c.found.problem(about, "replace it if this lasts", "%v", err)
		return
	}
	newest := tip.Height - provenBelow
	heights := []int64{newest}
	if oldest := int64(contract.State.ObservedHeight) + 1; oldest > 1 && oldest < newest {
		heights = append(heights, oldest)
	}
	whole := true
	for _, height := range heights {
		asking, cancel := context.WithTimeout(ctx, checkTimeout)
		for _, missing := range cometbft.Survey(asking, source, height, "/store/"+observe.BankStore+"/key", []byte(contract.Denom)) {
			whole = false
			c.found.problem(about, missing.Advice(), "%s: %v", missing.Question, missing.Err)
		}
		cancel()
	}
	if whole {
		c.found.ok(about, "headers, validators, transactions, results and proofs, at heights %v", heights)
	}
}

func (c *checker) checkCheckpoint(ctx context.Context, cfg ChainConfig, contract stafi.Contract, source cometbft.Source) {
	about := "checkpoint of " + cfg.ChainID
	candidates, err := checkpoints(cfg, contract)
	if err != nil {
		c.found.problem(about, "correct checkpoint_hash", "%v", err)
		return
	}
	var reasons []string
	for _, checkpoint := range candidates {
		age, err := checkpointAge(ctx, source, checkpoint)
		period := cfg.trustingPeriod(contract)
		switch {
		case err != nil:
			reasons = append(reasons, fmt.Sprintf("%d: %v", checkpoint.Height, err))
		case age >= period:
			reasons = append(reasons, fmt.Sprintf("%d is %s old, trusted for %s", checkpoint.Height, age.Round(time.Minute), period))
		default:
			c.found.ok(about, "height %d, %s old, trusted for %s", checkpoint.Height, age.Round(time.Second), period)
			return
		}
	}
	c.found.problem(about, "set checkpoint_height and checkpoint_hash to a recent header that you got from people you trust",
		"none of %d serves: %v", len(candidates), reasons)
}

func checkpointAge(ctx context.Context, source cometbft.Source, checkpoint lightclient.Checkpoint) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	block, err := source.LightBlock(ctx, checkpoint.Height)
	if err != nil {
		return 0, err
	}
	if found := block.Hash(); string(found) != string(checkpoint.Hash[:]) {
		return 0, fmt.Errorf("%w: source has %X, want %X", lightclient.ErrCheckpoint, found, checkpoint.Hash)
	}
	return time.Since(block.Time), nil
}

func (c *checker) checkFunder(ctx context.Context, cfg ChainConfig, contract stafi.Contract, source cometbft.Source) {
	about := "funder on " + cfg.ChainID
	address, err := bech32.ConvertAndEncode(contract.Cosmos.Bech32Prefix, c.keys.Funders[cfg.ChainID].PubKey.Address())
	if err != nil {
		c.found.problem(about, "", "%v", err)
		return
	}
	price, err := sdk.ParseDecCoin(cfg.GasPrice)
	if err != nil {
		return
	}
	cost := sdk.NewCoin(price.Denom, price.Amount.MulInt(math.NewIntFromUint64(cfg.AccountGas)).Ceil().TruncateInt().AddRaw(1))
	balance, err := balanceAt(ctx, source, address, cost.Denom)
	switch {
	case err != nil:
		c.found.problem(about, "", "balance of %s: %v", address, err)
	case balance.LT(cost.Amount):
		c.found.problem(about, fmt.Sprintf("send some %s to %s", cost.Denom, address),
			"%s holds %s%s, creating one account takes %s", address, balance, cost.Denom, cost)
	default:
		c.found.ok(about, "%s holds %s%s", address, balance, cost.Denom)
	}
}

func balanceAt(ctx context.Context, source cometbft.Source, address, denom string) (math.Int, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	key, err := observe.BalanceKey(address, denom)
	if err != nil {
		return math.Int{}, err
	}
	tip, err := source.Tip(ctx)
	if err != nil {
		return math.Int{}, err
	}
	value, err := source.ABCIQuery(ctx, "/store/"+observe.BankStore+"/key", key, tip.Height-1)
	if err != nil {
		return math.Int{}, err
	}
	if len(value.Value) == 0 {
		return math.ZeroInt(), nil
	}
	return observe.ReadBalance(value.Value)
}
