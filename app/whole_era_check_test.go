package app_test

import (
	"bytes"
	"slices"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/app"
	ssvkeeper "github.com/stafiprotocol/stafid/x/ssv/keeper"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

func (e *wholeEra) supply() int64 {
	return e.app.Bank.GetSupply(e.context(), app.BondDenom).Amount.Int64()
}

func (e *wholeEra) moduleUfis(name string) int64 {
	return e.app.Bank.GetBalance(e.context(), e.app.Account.GetModuleAddress(name), app.BondDenom).Amount.Int64()
}

func (e *wholeEra) raw(operator string) sdk.ValAddress {
	e.t.Helper()
	raw, err := sdk.ValAddressFromBech32(operator)
	require.NoError(e.t, err)
	return raw
}

// outstanding are all validators' rewards that wait in distribution, in whole ufis.
func (e *wholeEra) outstanding() map[string]int64 {
	e.t.Helper()
	rewards := map[string]int64{}
	for i := range e.operators {
		text := operator(e.operators[i])
		held, err := e.app.Distribution.GetValidatorOutstandingRewards(e.context(), e.raw(text))
		require.NoError(e.t, err)
		rewards[text] = held.Rewards.AmountOf(app.BondDenom).TruncateInt64()
	}
	return rewards
}

// stakesNow is x/staking's state: tokens, and what is unbonding or was redelegated.
func (e *wholeEra) stakesNow() *stakeModel {
	e.t.Helper()
	m := &stakeModel{tokens: e.tokens()}
	for i := range e.operators {
		text := operator(e.operators[i])
		unbonding, err := e.app.Staking.GetUnbondingDelegationsFromValidator(e.context(), e.raw(text))
		require.NoError(e.t, err)
		for _, delegation := range unbonding {
			for _, entry := range delegation.Entries {
				m.left = append(m.left, leftStake{
					from: text, height: entry.CreationHeight, initial: entry.InitialBalance.Int64(), amount: entry.Balance.Int64(),
				})
			}
		}
		moved, err := e.app.Staking.GetRedelegationsFromSrcValidator(e.context(), e.raw(text))
		require.NoError(e.t, err)
		for _, redelegation := range moved {
			for _, entry := range redelegation.Entries {
				m.left = append(m.left, leftStake{
					from: text, to: redelegation.ValidatorDstAddress, height: entry.CreationHeight, initial: entry.InitialBalance.Int64(),
				})
			}
		}
	}
	return m
}

// punishEvil compares what the evil were slashed, before the era's end, with a tenth of what the pool was frozen with.
func (e *wholeEra) punishEvil(stakes *stakeModel, c *cast) {
	e.t.Helper()
	genesis, err := e.app.SSV.ExportGenesis(e.context())
	require.NoError(e.t, err)
	deeds := map[string]ssvtypes.Deed{c.liar: ssvtypes.DEED_FALSE_OBSERVATION, c.rogue: ssvtypes.DEED_ROGUE_SIGNATURE}
	require.Len(e.t, genesis.Emergency.Evils, len(deeds))
	frozen := e.frozen[testedEra-1]
	for _, evil := range genesis.Emergency.Evils {
		power := frozen.tokens[evil.Operator] / fis
		want := partOf(power*fis, eraFraction(eraSize, eraSize))
		require.Equal(e.t, deeds[evil.Operator], evil.Deed)
		require.Equal(e.t, []int64{power, frozen.height + 1, e.evilAt}, []int64{evil.Power, evil.InfractionHeight, evil.Height})
		require.Equal(e.t, want, evil.Slashed.Int64())
		require.Equal(e.t, frozen.tokens[evil.Operator]-want, stakes.tokens[evil.Operator])
	}
}

// checkSettlements compares the chain's judgements with the reckoning's, member by member.
func (e *wholeEra) checkSettlements(r reckoning) {
	e.t.Helper()
	answer, err := ssvkeeper.NewQueryServer(e.app.SSV).Settlements(e.context(), &ssvtypes.QuerySettlementsRequest{Era: testedEra})
	require.NoError(e.t, err)
	require.Empty(e.t, answer.Due)
	require.Empty(e.t, answer.Slashes)
	require.Len(e.t, answer.Settlements, len(r.vaults))
	for i, vault := range r.vaults {
		found := answer.Settlements[i]
		require.Equal(e.t, []uint64{vault.vault, vault.vaultEra, eraSize, eraThreshold, uint64(vault.faults)},
			[]uint64{found.Vault, found.VaultEra, uint64(found.Size_), uint64(found.Threshold), uint64(found.Faults)})
		require.Equal(e.t, math.LegacyNewDecFromBigIntWithPrec(vault.fraction, fractionDecimals), found.Fraction, "vault %d", vault.vault)
		require.Equal(e.t, vault.large, found.Withdraws)
		require.Len(e.t, found.Members, len(vault.members))
		for n, v := range vault.members {
			e.checkMember(vault.vault, v, found.Members[n])
		}
	}
}

func (e *wholeEra) checkMember(vault uint64, v verdict, found ssvtypes.MemberSettlement) {
	e.t.Helper()
	require.Equal(e.t, v.operator, found.Operator)
	require.Equal(e.t, []int{v.required, v.signed, v.wrong, v.heartbeats},
		[]int{int(found.Required), int(found.Signed), int(found.Wrong), int(found.Heartbeats)}, "required, signed, wrong, heartbeats of %s", v.operator)
	var faults []ssvtypes.Fault
	for _, fault := range []struct {
		has  bool
		name ssvtypes.Fault
	}{{v.unresponsive, ssvtypes.FAULT_UNRESPONSIVE}, {v.missing, ssvtypes.FAULT_MISSED}, {v.erroneous, ssvtypes.FAULT_WRONG}} {
		if fault.has {
			faults = append(faults, fault.name)
		}
	}
	require.Equal(e.t, faults, found.Faults, v.operator)
	require.Equal(e.t, v.withdrawn, found.Withdrawn, v.operator)
	require.Equal(e.t, []int64{v.power, v.infraction, v.slashed}, []int64{found.Power, found.InfractionHeight, found.Slashed.Int64()},
		"power, infraction height and slash of %s", v.operator)
	account, err := e.app.SSV.DutyAccounts.Get(e.context(), collections.Join3(uint64(testedEra), e.raw(v.operator), vault))
	require.NoError(e.t, err)
	require.Equal(e.t, []int{v.credited, v.observed, v.agreed, v.contrary},
		[]int{int(account.Credited), int(account.Observed), int(account.Agreed), int(account.Contrary)}, "credited, observed, agreed, contrary of %s", v.operator)
}

// checkStakes compares every validator's tokens and everything that is unbonding with the model, and the supply with what was made and burned.
func (e *wholeEra) checkStakes(before eve, r reckoning) {
	e.t.Helper()
	after := e.stakesNow()
	for i := range e.operators {
		text := operator(e.operators[i])
		require.Equal(e.t, before.stakes.tokens[text], after.tokens[text], "tokens of operator %d, %s", i, text)
	}
	unbonding := func(left leftStake) bool { return left.to == "" }
	require.Equal(e.t, filter(before.stakes.left, unbonding), filter(after.left, unbonding))
	require.Equal(e.t, before.supply+eraBudget-r.burned, e.supply(), "issued less burned")
}

func filter[T any](all []T, keep func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(all), func(one T) bool { return !keep(one) })
}

// checkStatement compares the era's statement with the reckoning, and with where the ufis are.
func (e *wholeEra) checkStatement(before eve, r reckoning) {
	e.t.Helper()
	reward, err := e.app.SSV.EraRewards.Get(e.context(), testedEra)
	require.NoError(e.t, err)
	toRefunds := min(r.treasury, max(refundReserve-before.refundPool, 0))
	require.Equal(e.t, ssvtypes.REWARD_STATUS_PAID, reward.Status)
	require.Equal(e.t, []int64{eraBudget, eraCap, r.treasury, toRefunds, r.signaturePoints, r.callPoints, int64(len(r.shares))}, []int64{
		reward.Issued.Int64(), reward.Cap.Int64(), reward.Treasury.Int64(), reward.ToRefunds.Int64(), reward.SignaturePoints.Int64(),
		reward.CallPoints.Int64(), int64(reward.Members),
	}, "issued, cap, Treasury, to refunds, P_signature, P_RPC, members")
	require.Equal(e.t, before.refundPool+toRefunds, e.moduleUfis(ssvtypes.RefundPoolName))
	require.Equal(e.t, before.treasury+r.treasury-toRefunds, e.moduleUfis(ssvtypes.TreasuryName))
	paid, outstanding := int64(0), e.outstanding()
	for operator, share := range r.shares {
		found, err := e.app.SSV.Earnings.Get(e.context(), collections.Join(uint64(testedEra), e.raw(operator)))
		require.NoError(e.t, err)
		require.Equal(e.t, []int64{share.signatures, share.attestations, share.calls, share.earned, share.paid}, []int64{
			int64(found.Signatures), int64(found.Attestations), int64(found.Calls), found.Earned.Int64(), found.Paid.Int64(),
		}, "signatures, attestations, calls, earned and paid of %s", operator)
		require.Equal(e.t, []bool{share.capped, share.forfeits}, []bool{found.Capped, found.Forfeit != ssvtypes.FORFEIT_REASON_UNSPECIFIED}, operator)
		if before.members[operator] { // the others make blocks and share in their fees
			require.Equal(e.t, share.paid, outstanding[operator]-before.outstanding[operator], operator)
		}
		paid += share.paid
	}
	require.Equal(e.t, int64(eraBudget), paid+r.treasury)
}

// checkRefunds compares what submitters of all operators got back in the era.
func (e *wholeEra) checkRefunds() {
	e.t.Helper()
	for i := range e.operators {
		text := operator(e.operators[i])
		want := e.refundsOf(testedEra, text)
		found, err := e.app.SSV.RefundAccounts.Get(e.context(), collections.Join(uint64(testedEra), e.raw(text)))
		if want.transactions == 0 {
			require.ErrorIs(e.t, err, collections.ErrNotFound)
			continue
		}
		require.NoError(e.t, err)
		require.Equal(e.t, want, reckonedRefunds{found.Refunded.Int64(), int64(found.Transactions), int64(found.Heartbeats)}, "operator %d, %s", i, text)
	}
}

// lastSeats are who sits where at the era's end: the substitute in the exchanged one's seat, and those called in the seats of who lost theirs,
// in order of operator, as the standbys were drawn, without the one that gave no signs of life.
func (e *wholeEra) lastSeats(c *cast) []string {
	e.t.Helper()
	seats := operatorsOf(c.committee.Members)
	exchange := func(out, in string) { seats[slices.Index(seats, out)] = in }
	exchange(c.exchanged, c.substitute)
	for _, change := range []struct{ out, in []string }{{[]string{c.silent, c.mute}, c.called}, {[]string{c.liar, c.rogue}, c.relief}} {
		slices.SortFunc(change.out, func(a, b string) int { return bytes.Compare(e.raw(a), e.raw(b)) })
		for i, out := range change.out {
			exchange(out, change.in[i])
		}
	}
	return seats
}

// checkConsequences: who is withdrawn or evil is banned from the next election and not in the next committee; who forfeits is written down; only
// the evil have a slash record; an exchanged member has none of it.
func (e *wholeEra) checkConsequences(c *cast, r reckoning, forfeiting []string) {
	e.t.Helper()
	last, found, err := e.app.SSV.Committee(e.context(), testedEra, firstContract)
	require.NoError(e.t, err)
	require.True(e.t, found)
	require.Equal(e.t, e.lastSeats(c), operatorsOf(last.Members))
	next := e.committee()
	require.Equal(e.t, uint64(testedEra+1), next.Era)
	require.Equal(e.t, ssvtypes.COMMITTEE_ORIGIN_ELECTED, next.Origin, next.Reason)
	evil, expelled := []string{c.liar, c.rogue}, []string{c.silent, c.mute}
	for i := range e.operators {
		text := operator(e.operators[i])
		banned := r.withdrawn[text] || slices.Contains(slices.Concat(evil, expelled), text)
		until, err := e.app.SSV.Bans.Get(e.context(), e.raw(text))
		require.Equal(e.t, banned, err == nil && until >= testedEra, "ban of %s", text)
		require.False(e.t, banned && next.MemberIndex(text) >= 0, text)
		recorded, err := e.app.SSV.SlashRecords.Has(e.context(), e.raw(text))
		require.NoError(e.t, err)
		require.Equal(e.t, slices.Contains(evil, text), recorded, "slash record of %s", text)
		lost, err := e.app.SSV.Forfeits.Has(e.context(), collections.Join(uint64(testedEra), e.raw(text)))
		require.NoError(e.t, err)
		share := r.shares[text]
		require.Equal(e.t, share != nil && share.forfeits, lost || text == e.idle[testedEra], "forfeit of %s", text)
	}
}
