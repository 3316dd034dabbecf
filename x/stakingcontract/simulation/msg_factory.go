package simulation

import (
	"context"
	"fmt"
	"slices"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	multisigsim "github.com/stafiprotocol/stafid/x/multisig/simulation"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/claim"
	"github.com/stafiprotocol/stafid/x/stakingcontract/payout"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// Register adds the messages of the contract's users and members, signatures included.
func (c *OriginalChain) Register(weights simsx.WeightSource, registry simsx.Registry, members multisigsim.Members) {
	registry.Add(weights.Get("msg_observe", 100), c.MsgObserveFactory(members))
	registry.Add(weights.Get("msg_observe_replay", 20), c.MsgObserveReplayFactory(members))
	registry.Add(weights.Get("msg_attest", 300), c.MsgAttestFactory(members))
	registry.Add(weights.Get("msg_submit_signatures", 300), multisigsim.MsgSubmitSignaturesFactory(c.multisig, members))
	registry.Add(weights.Get("msg_redeem", 60), c.MsgRedeemFactory())
	registry.Add(weights.Get("msg_cancel_redemption", 10), c.MsgCancelRedemptionFactory())
	registry.Add(weights.Get("msg_claim_deposit", 30), c.MsgClaimDepositFactory())
}

// MsgObserveFactory lets something happen on the original chain and has the member whose turn it is report it.
func (c *OriginalChain) MsgObserveFactory(members multisigsim.Members) simsx.SimMsgFactoryFn[*types.MsgObserve] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgObserve) {
		return c.observe(ctx, data, reporter, members)
	}
}

// MsgObserveReplayFactory reports a deposit of an earlier observation once more, with a balance to match; it must be refused.
func (c *OriginalChain) MsgObserveReplayFactory(members multisigsim.Members) simsx.SimMsgFactoryX {
	return simsx.NewSimMsgFactoryWithDeliveryResultHandler[*types.MsgObserve](
		func(
			ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter,
		) ([]simsx.SimAccount, *types.MsgObserve, simsx.SimDeliveryResultHandler) {
			from, msg := c.observe(ctx, data, reporter, members)
			if reporter.IsSkipped() || len(c.deposits) == 0 {
				reporter.Skip("nothing to replay")
				return nil, nil, nil
			}
			replayed := *simsx.OneOf(data.Rand(), c.deposits)
			_, err := c.keeper.Deposit(ctx, c.contract.Id, replayed.TxHash, replayed.Index)
			if err != nil || replayed.Memo == types.ReserveMemo {
				reporter.Skip("not observed yet, or kept in no record")
				return nil, nil, nil
			}
			o := &msg.Observation
			o.Events = append(o.Events, types.Event{Height: o.To, Kind: &types.Event_Deposit{Deposit: &replayed}})
			for i, balance := range o.Balances {
				if balance.Vault == replayed.Vault {
					o.Balances[i].Amount = balance.Amount.Add(replayed.Amount)
				}
			}
			return from, msg, func(err error) error {
				if err == nil {
					return fmt.Errorf("deposit %s was observed twice", types.DepositID(c.contract.Id, replayed.TxHash, replayed.Index))
				}
				return nil
			}
		},
	)
}

func (c *OriginalChain) observe(
	ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter, members multisigsim.Members,
) ([]simsx.SimAccount, *types.MsgObserve) {
	state, err := c.keeper.State(ctx, c.contract.Id)
	if err != nil || state.Observing() == 0 {
		reporter.Skipf("nobody observes: %v", err)
		return nil, nil
	}
	if err := c.live(ctx, data, reporter, state); err != nil {
		reporter.Skip(err.Error())
		return nil, nil
	}
	if reporter.IsSkipped() {
		return nil, nil
	}
	operator, err := c.proposer(ctx, state)
	if err != nil {
		reporter.Skip(err.Error())
		return nil, nil
	}
	submitter, err := members.Submitter(ctx, operator)
	if err != nil {
		reporter.Skip(err.Error())
		return nil, nil
	}
	observation, err := c.report(ctx, state)
	if err != nil {
		reporter.Skip(err.Error())
		return nil, nil
	}
	from := data.GetAccountbyAccAddr(reporter, submitter)
	return []simsx.SimAccount{from}, &types.MsgObserve{Submitter: from.AddressBech32, Observation: observation}
}

// live lets a deposit, an account's creation or an execution happen, and time pass.
func (c *OriginalChain) live(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter, state types.ContractState) error {
	r, account := data.Rand(), data.AnyAccount(reporter)
	sender := c.Address(account.Address)
	if state.PendingVault != 0 && r.Intn(2) == 0 {
		c.open(state.PendingVault, sender)
	}
	vaults, err := c.vaults(ctx)
	if err != nil {
		return err
	}
	switch vault := simsx.OneOf(r, vaults).Id; r.Intn(4) {
	case 0, 1:
		if state.ActiveVault != 0 && r.Intn(3) > 0 {
			vault = state.ActiveVault
		}
		memo := simsx.OneOf(r, []string{account.AddressBech32, account.AddressBech32, "", "nonsense", types.ReserveMemo})
		amount := int64(r.IntInRange(500, 300_000))
		c.deposit(vault, sender, memo, amount, amount/2+1)
	case 2:
		if state.ActiveVault != 0 && state.Reserve.LT(math.NewInt(20_000)) {
			c.deposit(state.ActiveVault, sender, types.ReserveMemo, 50_000)
		}
	}
	if r.Intn(25) == 0 {
		c.height += c.contract.Cosmos.TimeoutBlocks + 1
	}
	c.height += uint64(r.Intn(3))
	return c.broadcast(ctx, r)
}

// broadcast executes signed attempts of the contract's vaults, old ones too: the chain refuses those whose sequence is used or whose time is over.
func (c *OriginalChain) broadcast(ctx context.Context, r *simsx.XRand) error {
	live, err := c.multisig.LiveSessions(ctx, &multisigtypes.QueryLiveSessionsRequest{})
	if err != nil {
		return err
	}
	vaults, err := c.vaults(ctx)
	if err != nil {
		return err
	}
	for _, info := range live.Sessions {
		own := slices.ContainsFunc(vaults, func(vault multisigtypes.Vault) bool { return vault.Id == info.Session.Vault })
		if own && info.Tally.Status == multisigtypes.SESSION_STATUS_SIGNED {
			c.sessions = append(c.sessions, info.Session.Id)
		}
	}
	if len(c.sessions) == 0 {
		return nil
	}
	code := simsx.OneOf(r, []uint32{0, 0, 0, 0, 0, outOfGasCode, 4})
	id := c.sessions[len(c.sessions)-1]
	if r.Intn(3) == 0 {
		id = simsx.OneOf(r, c.sessions)
	}
	_ = c.execute(ctx, id, code) // a refusal is the original chain's right
	return nil
}

// proposer is the operator whose turn it is in the next block.
func (c *OriginalChain) proposer(ctx context.Context, state types.ContractState) (string, error) {
	params, err := c.keeper.Params(ctx)
	if err != nil {
		return "", err
	}
	vault, err := c.multisig.Vault(ctx, &multisigtypes.QueryVaultRequest{Id: state.Observing()})
	if err != nil {
		return "", err
	}
	waited := sdk.UnwrapSDKContext(ctx).BlockHeight() + 1 - state.ObservedAt
	turn := types.Turn(state.Observations, waited, params.ProposePatience, vault.Vault.Size_)
	return vault.Signers[turn].Operator, nil
}

// MsgAttestFactory has a member vote on a proposal that it has not voted on, now and then against it.
func (c *OriginalChain) MsgAttestFactory(members multisigsim.Members) simsx.SimMsgFactoryFn[*types.MsgAttest] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgAttest) {
		open, err := c.query.Proposals(ctx, &types.QueryProposalsRequest{Contract: c.contract.Id})
		if err != nil || len(open.Proposals) == 0 {
			reporter.Skip("no proposal is open")
			return nil, nil
		}
		info := simsx.OneOf(data.Rand(), open.Proposals)
		vault, err := c.multisig.Vault(ctx, &multisigtypes.QueryVaultRequest{Id: info.Proposal.Vault})
		if err != nil || info.Proposal.Status != types.OBSERVATION_STATUS_PROPOSED {
			reporter.Skipf("the proposal is %s: %v", info.Proposal.Status, err)
			return nil, nil
		}
		signer := simsx.OneOf(data.Rand(), vault.Signers)
		for _, vote := range info.Votes {
			if vote.Operator == signer.Operator {
				reporter.Skip("it has voted")
				return nil, nil
			}
		}
		submitter, err := members.Submitter(ctx, signer.Operator)
		if err != nil {
			reporter.Skip(err.Error())
			return nil, nil
		}
		from := data.GetAccountbyAccAddr(reporter, submitter)
		return []simsx.SimAccount{from}, &types.MsgAttest{
			Submitter: from.AddressBech32, Contract: c.contract.Id, Hash: info.Proposal.Hash, Agree: data.Rand().Intn(20) > 0,
		}
	}
}

// MsgSetHaltsFactory proposes to stop deposits or payouts, more often to let them go on.
func (c *OriginalChain) MsgSetHaltsFactory() simsx.SimMsgFactoryFn[*types.MsgSetHalts] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgSetHalts) {
		state, err := c.keeper.State(ctx, c.contract.Id)
		if err != nil {
			reporter.Skip(err.Error())
			return nil, nil
		}
		return nil, &types.MsgSetHalts{
			Authority: data.ModuleAccountAddress(reporter, "gov"), Contract: c.contract.Id,
			Halts: types.Halts{Deposits: data.Rand().Intn(4) == 0, Payouts: data.Rand().Intn(4) == 0, Reason: "a simulation"},
			Lifts: state.HaltsNumber,
		}
	}
}

// MsgRedeemFactory redeems some of an account's rTokens for an address of its own, which now and then can't be paid.
func (c *OriginalChain) MsgRedeemFactory() simsx.SimMsgFactoryFn[*types.MsgRedeem] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgRedeem) {
		state, err := c.keeper.State(ctx, c.contract.Id)
		if err != nil {
			reporter.Skip(err.Error())
			return nil, nil
		}
		least := payout.Least(c.contract, state.GasBoost)
		from := data.AnyAccountN(20, reporter, simsx.WithLiquidBalanceGTE(sdk.NewCoin(c.contract.RtokenDenom, least)))
		if reporter.IsSkipped() {
			return nil, nil
		}
		held := from.LiquidBalance().AmountOf(c.contract.RtokenDenom)
		recipient := c.Address(c.txHash()[:20])
		if data.Rand().Intn(6) == 0 {
			c.blocked[recipient] = true
		}
		amount := least.AddRaw(int64(data.Rand().Intn(int(held.Sub(least).Int64()) + 1)))
		return []simsx.SimAccount{from}, &types.MsgRedeem{
			Redeemer: from.AddressBech32, Contract: c.contract.Id, Amount: amount, Recipient: recipient,
		}
	}
}

// MsgCancelRedemptionFactory cancels a redemption that is queued.
func (c *OriginalChain) MsgCancelRedemptionFactory() simsx.SimMsgFactoryFn[*types.MsgCancelRedemption] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgCancelRedemption) {
		genesis, err := c.keeper.ExportGenesis(ctx)
		if err != nil {
			reporter.Skip(err.Error())
			return nil, nil
		}
		var queued []types.Redemption
		for _, entry := range genesis.Redemptions {
			if r := entry.Redemption; r.Status == types.REDEMPTION_STATUS_QUEUED && r.Suspected == 0 && !r.Refund() {
				queued = append(queued, entry.Redemption)
			}
		}
		if len(queued) == 0 {
			reporter.Skip("no redemption is queued")
			return nil, nil
		}
		redemption := simsx.OneOf(data.Rand(), queued)
		from := data.GetAccount(reporter, redemption.Redeemer)
		return []simsx.SimAccount{from}, &types.MsgCancelRedemption{Redeemer: redemption.Redeemer, Redemption: redemption.Id}
	}
}

// MsgClaimDepositFactory claims an UNMATCHED deposit with its sender's key.
func (c *OriginalChain) MsgClaimDepositFactory() simsx.SimMsgFactoryFn[*types.MsgClaimDeposit] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgClaimDeposit) {
		deposit, sender, found := c.anyUnmatched(ctx, data)
		if !found {
			reporter.Skip("no deposit is unmatched")
			return nil, nil
		}
		from := data.AnyAccount(reporter)
		text := claim.Deposit{
			ChainID: sdk.UnwrapSDKContext(ctx).ChainID(), Contract: deposit.Contract, TxHash: deposit.TxHash, Index: deposit.Index,
			Recipient: from.AddressBech32,
		}.Text()
		document, err := claim.SignBytes(text, deposit.Sender)
		if err != nil {
			reporter.Skip(err.Error())
			return nil, nil
		}
		signature, err := sender.PrivKey.Sign(document)
		if err != nil {
			reporter.Skip(err.Error())
			return nil, nil
		}
		return []simsx.SimAccount{from}, &types.MsgClaimDeposit{
			Claimer: from.AddressBech32, Contract: deposit.Contract, TxHash: deposit.TxHash, Index: deposit.Index,
			Recipient: from.AddressBech32, PublicKey: sender.PubKey.Bytes(), Signature: signature,
		}
	}
}

func (c *OriginalChain) anyUnmatched(ctx context.Context, data *simsx.ChainDataSource) (types.Deposit, simsx.SimAccount, bool) {
	reporter := simsx.NewBasicSimulationReporter()
	genesis, err := c.keeper.ExportGenesis(ctx)
	if err != nil {
		return types.Deposit{}, simsx.SimAccount{}, false
	}
	var unmatched []types.Deposit
	for _, deposit := range genesis.Deposits {
		if deposit.Status == types.DEPOSIT_STATUS_UNMATCHED {
			unmatched = append(unmatched, deposit)
		}
	}
	if len(unmatched) == 0 {
		return types.Deposit{}, simsx.SimAccount{}, false
	}
	deposit := simsx.OneOf(data.Rand(), unmatched)
	for i := range data.AccountsCount() {
		if account := data.AccountAt(reporter, i); c.Address(account.Address) == deposit.Sender {
			return deposit, account, true
		}
	}
	return types.Deposit{}, simsx.SimAccount{}, false
}
