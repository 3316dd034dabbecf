package relayer

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/stafiprotocol/stafid/lightclient"
	lcethereum "github.com/stafiprotocol/stafid/lightclient/ethereum"
	"github.com/stafiprotocol/stafid/relayer/ethereumtx"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	vaultethereum "github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

// checkEthereum looks at an Ethereum network: is it the contract's, are all sources of it, do beacon sources know the checkpoint, can execution
// sources prove what observations need, is the deposit contract there, can the funder pay.
func (c *checker) checkEthereum(ctx context.Context, cfg ChainConfig) {
	contract, deployed := contractOn(c.view, cfg.ChainID)
	network, err := networkOf(cfg, contract)
	if err != nil {
		c.found.problem("network of "+cfg.ChainID, "name the contract's network in chain.ethereum.network", "%v", err)
		return
	}
	c.found.ok("network of "+cfg.ChainID, "%s, genesis_validators_root %s", network.Name, network.Consensus.GenesisValidatorsRoot)
	beacons, blocks, err := ethereumSources(cfg, network)
	if err != nil {
		c.found.problem("sources of "+cfg.ChainID, "correct their addresses", "%v", err)
		return
	}
	beacons = ofNetwork(ctx, c, network, beacons)
	blocks = ofNetwork(ctx, c, network, blocks)
	if len(beacons) < cfg.Ethereum.BeaconQuorum {
		c.found.problem("beacon sources of "+cfg.ChainID, "add some, of other people", "%d answer, beacon_quorum is %d", len(beacons), cfg.Ethereum.BeaconQuorum)
	}
	if !deployed {
		c.found.ok(cfg.ChainID, "no contract on this chain yet")
		return
	}
	c.checkSlot(ctx, cfg, contract, network, beacons)
	c.checkExecution(ctx, cfg, contract, blocks)
}

// networkSource is a source that can be asked which network it is of.
type networkSource interface {
	Name() string
	lcethereum.Checked
}

// ofNetwork returns the sources that answer for the right network.
func ofNetwork[S networkSource](ctx context.Context, c *checker, network lcethereum.Network, sources []S) []S {
	var right []S
	for _, source := range sources {
		about := "source " + source.Name()
		asking, cancel := context.WithTimeout(ctx, checkTimeout)
		err := source.CheckNetwork(asking, network)
		cancel()
		if err != nil {
			c.found.problem(about, "take it out if it is of another network, replace it if this lasts", "%v", err)
			continue
		}
		c.found.ok(about, "is of %s, chain id %d", network.Name, network.ChainID)
		right = append(right, source)
	}
	return right
}

// checkSlot looks for a checkpoint that is recent enough and that a beacon source knows.
func (c *checker) checkSlot(
	ctx context.Context, cfg ChainConfig, contract stafi.Contract, network lcethereum.Network, beacons []*lcethereum.HTTPBeacon,
) {
	about := "checkpoint of " + cfg.ChainID
	candidates, err := checkpoints(cfg, contract)
	if err != nil {
		c.found.problem(about, "correct checkpoint_root", "%v", err)
		return
	}
	var reasons []string
	for _, candidate := range candidates {
		if err := slotServes(ctx, cfg, contract, network, beacons, candidate); err != nil {
			reasons = append(reasons, fmt.Sprintf("slot %d: %v", candidate.Height, err))
			continue
		}
		age := time.Since(network.Consensus.SlotTime(uint64(candidate.Height))).Round(time.Second)
		c.found.ok(about, "slot %d, %s old, trusted for %s", candidate.Height, age, cfg.trustingPeriod(contract))
		return
	}
	c.found.problem(about, "set checkpoint_slot and checkpoint_root to a recent finalized block that you got from people you trust; a relayer that is rooted already needs none",
		"none of %d serves: %v", len(candidates), reasons)
}

func slotServes(
	ctx context.Context, cfg ChainConfig, contract stafi.Contract, network lcethereum.Network, beacons []*lcethereum.HTTPBeacon, candidate lightclient.Checkpoint,
) error {
	if err := network.Consensus.CheckAge(uint64(candidate.Height), time.Now(), cfg.trustingPeriod(contract)); err != nil {
		return err
	}
	err := fmt.Errorf("%w: no beacon source answers", lightclient.ErrCheckpoint)
	for _, source := range beacons {
		if err = knowsSlot(ctx, source, candidate, cfg.trustingPeriod(contract)); err == nil {
			return nil
		}
	}
	return err
}

func knowsSlot(ctx context.Context, source *lcethereum.HTTPBeacon, candidate lightclient.Checkpoint, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	if _, err := source.CheckCheckpoint(ctx, candidate, time.Now(), limit); err != nil {
		return fmt.Errorf("%s does not have it: %w", source.Name(), err)
	}
	if err := source.CheckFollowing(ctx, uint64(candidate.Height)); err != nil {
		return fmt.Errorf("%s has it, and not what leads on from it: %w", source.Name(), err)
	}
	return nil
}

// checkExecution asks the execution sources, without proof, for what only they know.
func (c *checker) checkExecution(ctx context.Context, cfg ChainConfig, contract stafi.Contract, blocks []*lcethereum.HTTPExecution) {
	first := true
	for _, address := range cfg.Sources {
		node, err := ethereumtx.Dial(ctx, address)
		if err != nil {
			continue
		}
		i := slices.IndexFunc(blocks, func(s *lcethereum.HTTPExecution) bool { return s.Name() == node.Name() })
		if i >= 0 {
			c.checkDepth(ctx, blocks[i])
		}
		if i >= 0 && first {
			first = false
			c.checkDeployed(ctx, cfg, contract, node)
			c.checkGasFunder(ctx, cfg, node)
		}
		node.Close()
	}
}

// checkedDepth in blocks: the newest final block is up to three epochs behind the head, and a proposal that ends there is looked at for some minutes
// more. A node that keeps the states of 128 blocks serves.
const checkedDepth = 120

func (c *checker) checkDepth(ctx context.Context, source *lcethereum.HTTPExecution) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	about := "proofs of " + source.Name()
	if _, err := source.CheckHistory(ctx, checkedDepth); err != nil {
		c.found.problem(about, "have a source that keeps the states of 128 blocks, as nodes do by default, and their receipts: observations end with the state of a final block",
			"none %d blocks back: %v", checkedDepth, err)
		return
	}
	c.found.ok(about, "reach %d blocks back, as transactions and receipts do", checkedDepth)
}

func (c *checker) checkDeployed(ctx context.Context, cfg ChainConfig, contract stafi.Contract, node *ethereumtx.Client) {
	vault, ok := contract.Observers()
	if !ok {
		return
	}
	safe, err := vaultethereum.ParseAddress(vault.Vault.Address)
	if err != nil {
		c.found.problem("vault on "+cfg.ChainID, "report it", "%v", err)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	deposit := vaultethereum.DepositContract(safe)
	for _, one := range []struct {
		name    string
		account common.Address
	}{{"Safe", safe}, {"deposit contract", deposit}} {
		about := fmt.Sprintf("%s of contract %d", one.name, contract.Id)
		there, err := node.HasCode(ctx, one.account)
		switch {
		case err != nil:
			c.found.problem(about, "", "%s: %v", one.account, err)
		case !there:
			c.found.ok(about, "%s is not deployed yet: the relayer whose turn it is will", one.account)
		default:
			c.found.ok(about, "%s is deployed", one.account)
		}
	}
}

func (c *checker) checkGasFunder(ctx context.Context, cfg ChainConfig, node *ethereumtx.Client) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	about := "funder on " + cfg.ChainID
	account, err := c.keys.Funders[cfg.ChainID].Ethereum()
	if err != nil {
		c.found.problem(about, "", "%v", err)
		return
	}
	balance, err := node.Balance(ctx, account)
	switch {
	case err != nil:
		c.found.problem(about, "", "balance of %s: %v", account, err)
	case balance.Cmp(wei(cfg.Ethereum.MinBalance)) < 0:
		c.found.problem(about, "send some ether to "+account.Hex(), "%s holds %s wei, want at least %s", account, balance, cfg.Ethereum.MinBalance)
	default:
		c.found.ok(about, "%s holds %s wei", account, balance)
	}
}
