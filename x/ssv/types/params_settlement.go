package types

import (
	"time"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// withSettlementDefaults adds the defaults of protocol §§12–14.
func (p Params) withSettlementDefaults() Params {
	// 1/3 and 2/3 rounded up, so that one session of three, or two, is not more than that.
	p.MaxMissedRatio = math.LegacyOneDec().QuoRoundUp(math.LegacyNewDec(3))
	p.MaxWrong = 2
	p.WithdrawRatio = math.LegacyNewDec(2).QuoRoundUp(math.LegacyNewDec(3))
	p.MaxSlashesPerBlock = 100
	p.EraBudget = math.NewInt(1_000 * baseUnits)
	p.CapShare = math.LegacyNewDecWithPrec(10, 2)
	p.RewardMode = REWARD_MODE_AUTOMATIC
	p.FoundationWindow = 4 * time.Hour
	// Twice what nodes ask for by default: a transaction's limit of gas, which its fee is of, is above what it uses.
	p.RefundGasPrice = math.LegacyNewDecWithPrec(2, 3)
	p.RefundAllowance = math.NewInt(20 * baseUnits)
	p.RefundReserve = math.NewInt(500 * baseUnits)
	return p
}

// maxAmount bounds amounts of ufis far from overflow: 10^24.
var maxAmount = math.NewIntWithDecimal(1, 24)

func (p Params) validateFaults() error {
	ratios := []struct {
		name  string
		value math.LegacyDec
	}{{"max_missed_ratio", p.MaxMissedRatio}, {"withdraw_ratio", p.WithdrawRatio}, {"cap_share", p.CapShare}}
	for _, ratio := range ratios {
		if ratio.value.IsNil() || ratio.value.IsNegative() || ratio.value.GT(math.LegacyOneDec()) {
			return ErrInvalidParams.Wrapf("%s is %s, want from 0 to 1", ratio.name, ratio.value)
		}
	}
	if p.WithdrawRatio.LT(p.MaxMissedRatio) {
		return ErrInvalidParams.Wrapf(
			"withdraw_ratio is %s, want at least max_missed_ratio %s: a member would be withdrawn without a fault", p.WithdrawRatio, p.MaxMissedRatio,
		)
	}
	if p.MaxWrong == 0 {
		return ErrInvalidParams.Wrap("max_wrong is 0, want at least 1: everyone would have a fault")
	}
	if p.MaxSlashesPerBlock == 0 || p.MaxSlashesPerBlock > maxSlashes {
		return ErrInvalidParams.Wrapf("max_slashes_per_block is %d, want from 1 to %d", p.MaxSlashesPerBlock, maxSlashes)
	}
	if p.BanEras == 0 {
		return ErrInvalidParams.Wrap("ban_eras is 0, want at least 1: who is withdrawn could be drawn again at once")
	}
	return nil
}

// maxSlashes bounds max_slashes_per_block, so that a block's work is bounded whatever is voted for.
const maxSlashes = 10_000

func (p Params) validateRewards() error {
	amounts := []struct {
		name  string
		value math.Int
	}{{"era_budget", p.EraBudget}, {"refund_allowance", p.RefundAllowance}, {"refund_reserve", p.RefundReserve}}
	for _, amount := range amounts {
		if amount.value.IsNil() || amount.value.IsNegative() || amount.value.GT(maxAmount) {
			return ErrInvalidParams.Wrapf("%s is %s ufis, want from 0 to %s", amount.name, amount.value, maxAmount)
		}
	}
	if price := p.RefundGasPrice; price.IsNil() || price.IsNegative() || price.GT(math.LegacyNewDec(baseUnits)) {
		return ErrInvalidParams.Wrapf("refund_gas_price is %s ufis, want from 0 to %d", price, baseUnits)
	}
	return p.validateMode()
}

func (p Params) validateMode() error {
	if p.Foundation != "" {
		if _, err := sdk.AccAddressFromBech32(p.Foundation); err != nil {
			return ErrInvalidParams.Wrapf("foundation %q: %s", p.Foundation, err)
		}
	}
	switch p.RewardMode {
	case REWARD_MODE_AUTOMATIC:
		return nil
	case REWARD_MODE_TRANSITION:
		if p.Foundation == "" {
			return ErrInvalidParams.Wrap("reward_mode is TRANSITION without a foundation: nobody could set the shares")
		}
		if p.FoundationWindow <= 0 || p.FoundationWindow > p.EraDuration {
			return ErrInvalidParams.Wrapf("foundation_window is %s, want more than 0, up to era_duration %s", p.FoundationWindow, p.EraDuration)
		}
		return nil
	}
	return ErrInvalidParams.Wrapf("reward_mode is %s, want TRANSITION or AUTOMATIC", p.RewardMode)
}
