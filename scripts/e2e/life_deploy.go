package e2e

import (
	"context"
	"encoding/base64"
	"fmt"

	"cosmossdk.io/math"
)

// The contract's figures, in base units of the asset. Gas is well above what wasmd takes for a 3-of-4 multisig and new
// accounts as recipients.
const (
	committeeSize      = 4
	committeeThreshold = 3
	minDeposit         = 1_000_000
	redemptionFee      = 10_000
	reserveMin         = 100_000
	minSweep           = 10_000
	maxAssets          = 100_000_000_000
	minClientBalance   = 10_000_000
	// timeoutBlocks, of half a block of StaFi each, let a signature be held back for longer than a
	// session is open, 20 blocks of StaFi, where those take three times as long as they should.
	timeoutBlocks     = 120
	maxObservationLag = 40
)

// contractMessage is the message of a deployment, to be edited for contracts that must be refused.
func (l *Life) contractMessage(ctx context.Context, authority string) (map[string]any, error) {
	height, err := l.original.Height(ctx)
	if err != nil {
		return nil, err
	}
	commit, err := l.original.RPC.Commit(ctx, &height)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"@type": "/stafi.stakingcontract.v1.MsgDeployContract", "authority": authority,
		"contract": map[string]any{
			"id": "0", "chain_id": l.original.ID, "kind": "CHAIN_KIND_COSMOS",
			"denom": l.original.Denom, "rtoken_denom": "r" + l.original.Denom, "symbol": "COSM", "decimals": 6,
			"tiers":    []any{map[string]any{"min_assets": "0", "size": committeeSize, "threshold": committeeThreshold}},
			"min_size": committeeSize,
			"limits": map[string]any{
				"min_deposit": fmt.Sprint(minDeposit), "max_assets": fmt.Sprint(maxAssets), "redemption_fee": fmt.Sprint(redemptionFee),
				"reserve_min": fmt.Sprint(reserveMin), "min_sweep": fmt.Sprint(minSweep), "max_outflow_per_era": "1.000000000000000000",
				"min_outflow": fmt.Sprint(maxAssets), "max_outputs": 50, "min_client_balance": fmt.Sprint(minClientBalance),
			},
			"cosmos": map[string]any{
				"bech32_prefix": l.original.Prefix, "tx_sig_limit": 7, "gas_price": counterpartyGasPrice,
				"gas_base": "120000", "gas_per_signature": "15000", "gas_per_output": "35000",
				"timeout_blocks": fmt.Sprint(timeoutBlocks), "max_observation_lag": fmt.Sprint(maxObservationLag),
				"checkpoint_height": fmt.Sprint(commit.Height), "checkpoint_hash": base64.StdEncoding.EncodeToString(commit.Hash()),
				"trusting_period": "604800s",
			},
		},
	}, nil
}

// badContracts are deployments that must fail, and what the reason must name.
var badContracts = []struct {
	input  string
	edit   func(contract map[string]any)
	wanted string
}{
	{"contract with threshold 2 of 4", func(c map[string]any) { tier(c)["threshold"] = 2 }, "at least 3"},
	{"contract with 8 members where the chain takes 7", func(c map[string]any) { tier(c)["size"], tier(c)["threshold"] = 8, 6 }, "tx_sig_limit 7"},
	{"contract on a chain of unknown kind", func(c map[string]any) { c["kind"] = "CHAIN_KIND_UNSPECIFIED" }, "kind"},
}

func tier(contract map[string]any) map[string]any {
	return contract["tiers"].([]any)[0].(map[string]any)
}

// deploy puts four contracts to the vote at once: one good, three that must fail when they are executed.
func (l *Life) deploy(ctx context.Context) error {
	authority, err := l.stafi.GovernanceAddress()
	if err != nil {
		return err
	}
	good, err := l.contractMessage(ctx, authority)
	if err != nil {
		return err
	}
	proposals := []Proposal{{"Deploy the contract for COSM", good}}
	for _, bad := range badContracts {
		message, err := l.contractMessage(ctx, authority)
		if err != nil {
			return err
		}
		bad.edit(message["contract"].(map[string]any))
		proposals = append(proposals, Proposal{bad.input, message})
	}
	ended, err := l.stafi.Decide(ctx, proposals...)
	if err != nil {
		return err
	}
	if err := Passed(ended[0]); err != nil {
		return err
	}
	for i, bad := range badContracts {
		if err := Refused(ended[i+1], bad.wanted); err != nil {
			return err
		}
		l.report.Answer(bad.input, ended[i+1].FailedReason)
	}
	l.contract = 1
	l.books = NewBooks(math.NewInt(minDeposit), stafiPrefix)
	info, err := l.stafi.Contract(ctx, l.contract)
	if err != nil {
		return err
	}
	l.report.Say("contract %d: %s of %s becomes %s, %d members, threshold %d, max_assets %s",
		info.Contract.Id, info.Contract.Denom, info.Contract.ChainId, info.Contract.RtokenDenom,
		committeeSize, committeeThreshold, info.Contract.Limits.MaxAssets)
	return nil
}
