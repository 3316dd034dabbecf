package ethereumlife

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"time"

	"github.com/stafiprotocol/stafid/scripts/e2e"
)

// checkpointSlots are far above what the network takes to its first finality: 47 on a quiet machine.
const checkpointSlots = 500

// contractMessage makes the message of a deployment, to be edited for contracts that must be refused.
func (l *Life) contractMessage(ctx context.Context, authority string) (func() map[string]any, error) {
	checkpoint, err := l.peers.Checkpoint(ctx, checkpointSlots*l.slotTime())
	if err != nil {
		return nil, err
	}
	number, hash, err := l.peers.ExecutionBlock(ctx, checkpoint.Hash)
	if err != nil {
		return nil, err
	}
	l.report.Say("checkpoint: slot %d, root 0x%x, execution block %d, %.0f s after genesis", checkpoint.Height, checkpoint.Hash, number,
		time.Since(l.peers.Network.GenesisTime).Seconds())
	bytes := base64.StdEncoding.EncodeToString
	root := l.peers.Network.GenesisValidatorsRoot
	return func() map[string]any {
		return map[string]any{
			"@type": "/stafi.stakingcontract.v1.MsgDeployContract", "authority": authority,
			"contract": map[string]any{
				"id": "0", "chain_id": chainID(), "kind": "CHAIN_KIND_ETHEREUM",
				"denom": "wei", "rtoken_denom": "rwei", "symbol": "ETH", "decimals": 18,
				"tiers":    []any{map[string]any{"min_assets": "0", "size": committeeSize, "threshold": committeeThreshold}},
				"min_size": committeeSize,
				"limits": map[string]any{
					"min_deposit": minDeposit.String(), "max_assets": maxAssets.String(), "redemption_fee": redemptionFee.String(),
					"reserve_min": reserveMin.String(), "min_sweep": minDeposit.String(), "max_outflow_per_era": "1.000000000000000000",
					"min_outflow": maxAssets.String(), "max_outputs": 10, "min_client_balance": minDeposit.String(),
				},
				"ethereum": map[string]any{
					"gas_price": refundPrice.String(), "max_observation_lag": fmt.Sprint(maxObservationLag),
					"checkpoint_slot": fmt.Sprint(checkpoint.Height), "checkpoint_root": bytes(checkpoint.Hash[:]),
					"checkpoint_height": fmt.Sprint(number), "checkpoint_hash": bytes(hash[:]),
					"genesis_validators_root": bytes(root[:]), "trusting_period": "86400s",
				},
			},
		}
	}, nil
}

// badContracts are deployments that must fail, and what the reason must name.
var badContracts = []struct {
	input  string
	edit   func(contract, ethereum map[string]any)
	wanted string
}{
	{"contract whose chain id is no EVM chain's", func(c, _ map[string]any) { c["chain_id"] = "ethereum" }, "eip155-"},
	{"contract in ether instead of wei", func(c, _ map[string]any) { c["denom"], c["rtoken_denom"] = "eth", "reth" }, `wanted "wei"`},
	{"contract without a refund for senders", func(_, e map[string]any) { e["gas_price"] = "0" }, "gas_price"},
	{"contract whose checkpoint is cut off", func(_, e map[string]any) { e["checkpoint_root"] = "AAAA" }, "checkpoint_root"},
	{"contract with the figures of a Cosmos chain", func(c, _ map[string]any) {
		delete(c, "ethereum")
		c["cosmos"] = map[string]any{"bech32_prefix": "wasm", "gas_price": "0.1", "trusting_period": "604800s"}
	}, "ethereum"},
	{"contract with threshold 2 of 4", func(c, _ map[string]any) { c["tiers"].([]any)[0].(map[string]any)["threshold"] = 2 }, "at least 3"},
}

// deploy puts the contract to the vote, with six that must fail when they are executed, and longer eras for when it has a committee.
func (l *Life) deploy(ctx context.Context) error {
	authority, err := l.stafi.GovernanceAddress()
	if err != nil {
		return err
	}
	message, err := l.contractMessage(ctx, authority)
	if err != nil {
		return err
	}
	eras, err := l.erasMessage(ctx, authority)
	if err != nil {
		return err
	}
	proposals := []e2e.Proposal{{Title: "Deploy the contract for ETH", Message: message()}, {Title: "Longer eras", Message: eras}}
	for _, bad := range badContracts {
		edited := message()
		contract := edited["contract"].(map[string]any)
		bad.edit(contract, contract["ethereum"].(map[string]any))
		proposals = append(proposals, e2e.Proposal{Title: bad.input, Message: edited})
	}
	ended, err := l.stafi.Decide(ctx, proposals...)
	if err != nil {
		return err
	}
	for _, good := range ended[:2] {
		if err := e2e.Passed(good); err != nil {
			return err
		}
	}
	for i, bad := range badContracts {
		if err := e2e.Refused(ended[i+2], bad.wanted); err != nil {
			return err
		}
		l.report.Answer(bad.input, ended[i+2].FailedReason)
	}
	l.contract, l.books = 1, NewBooks()
	info, err := l.stafi.Contract(ctx, l.contract)
	if err != nil {
		return err
	}
	l.report.Say("contract %d: %s of %s becomes %s, %d members, threshold %d, fee %s, refunds of at most %s wei per gas", info.Contract.Id,
		info.Contract.Denom, info.Contract.ChainId, info.Contract.RtokenDenom, committeeSize, committeeThreshold, inEther(redemptionFee), refundPrice)
	return nil
}

// erasMessage makes eras longer from the next one on, with all other parameters of the committees as they are.
func (l *Life) erasMessage(ctx context.Context, authority string) (map[string]any, error) {
	var answer struct {
		Params map[string]json.RawMessage `json:"params"`
	}
	if err := l.stafi.Query(ctx, &answer, "ssv params"); err != nil {
		return nil, err
	}
	if _, found := answer.Params["era_duration"]; !found {
		return nil, fmt.Errorf("%w: no era_duration in %v", errUnexpected, answer.Params)
	}
	answer.Params["era_duration"] = json.RawMessage(fmt.Sprintf(`"%ds"`, longEra*l.slots()))
	return map[string]any{"@type": "/stafi.ssv.v1.MsgUpdateParams", "authority": authority, "params": answer.Params}, nil
}

// inEther shows wei.
func inEther(wei *big.Int) string {
	return new(big.Rat).SetFrac(wei, milliether(1000)).FloatString(18) + " ETH"
}
