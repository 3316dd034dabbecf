package types

import (
	"regexp"
	"sync"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
)

const (
	// MaxDecimals bounds the decimals of an asset: 10^18 base units, as Ethereum has, are one of its symbol.
	MaxDecimals = 18
	// MaxTiers bounds the tiers of a contract.
	MaxTiers = 16
	// MaxOutputs bounds max_outputs, so that a payout stays within any chain's transaction size.
	MaxOutputs = 200
	// maxFigure bounds gas figures, heights and lags, so that no product of them overflows.
	maxFigure = 1 << 40
	// captureNum/captureDen is the coalition's stake share at which a committee's capture chance is bounded (protocol §5).
	captureNum, captureDen = 1, 4
)

var (
	chainIDPattern = pattern(`^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,49}$`)
	prefixPattern  = pattern(`^[a-z][a-z0-9]{0,19}$`)
	symbolPattern  = pattern(`^[A-Za-z][A-Za-z0-9]{0,15}$`)
	plainDenom     = pattern(`^[a-z][a-z0-9]{1,31}$`)
	rTokenDenom    = pattern(`^r[a-z][a-z0-9]{1,31}$`)
)

// pattern is compiled when it is first used: most commands use none.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

// Validate checks everything that a contract says by itself, in this order: chain, denoms, tiers, limits, the figures of its chain, what its
// transactions cost by them. It returns ErrInvalidContract with the value found and the value wanted.
func (c Contract) Validate() error {
	for _, check := range []func(Contract) error{validateChain, validateDenoms, validateTiers, validateLimits, validateFigures, validateCosts} {
		if err := check(c); err != nil {
			return err
		}
	}
	return nil
}

func validateChain(c Contract) error {
	if !chainIDPattern().MatchString(c.ChainId) {
		return ErrInvalidContract.Wrapf("chain_id is %q, wanted 2 to 50 letters, digits, '.', '_' or '-'", c.ChainId)
	}
	figures, err := c.figures()
	if err != nil {
		return err
	}
	return figures.validateNames(c)
}

func validateFigures(c Contract) error {
	figures, err := c.figures()
	if err != nil {
		return err
	}
	return figures.validate(c)
}

// validateDenoms wants the rToken to be "r" and the asset's denom; where the denom is no plain word (ibc/…, factory/…), "r" and a plain one.
func validateDenoms(c Contract) error {
	if err := sdk.ValidateDenom(c.Denom); err != nil {
		return ErrInvalidContract.Wrapf("denom is %q: %s", c.Denom, err)
	}
	if !rTokenDenom().MatchString(c.RtokenDenom) {
		return ErrInvalidContract.Wrapf("rtoken_denom is %q, wanted 'r' and 2 to 32 lower-case letters and digits", c.RtokenDenom)
	}
	if plainDenom().MatchString(c.Denom) && c.RtokenDenom != "r"+c.Denom {
		return ErrInvalidContract.Wrapf("rtoken_denom is %q, wanted %q", c.RtokenDenom, "r"+c.Denom)
	}
	if !symbolPattern().MatchString(c.Symbol) {
		return ErrInvalidContract.Wrapf("symbol is %q, wanted 1 to 16 letters and digits", c.Symbol)
	}
	if c.Decimals > MaxDecimals {
		return ErrInvalidContract.Wrapf("decimals is %d, wanted at most %d", c.Decimals, MaxDecimals)
	}
	if err := c.Metadata().Validate(); err != nil {
		return ErrInvalidContract.Wrapf("symbol %q with %d decimals gives no metadata: %s", c.Symbol, c.Decimals, err)
	}
	return nil
}

func validateTiers(c Contract) error {
	figures, err := c.figures()
	if err != nil {
		return err
	}
	most, name := figures.mostMembers()
	if len(c.Tiers) == 0 || len(c.Tiers) > MaxTiers {
		return ErrInvalidContract.Wrapf("%d tiers, wanted from 1 to %d", len(c.Tiers), MaxTiers)
	}
	if from := c.Tiers[0].MinAssets; from.IsNil() || !from.IsZero() {
		return ErrInvalidContract.Wrapf("the first tier is from %s, wanted 0", from)
	}
	for i, tier := range c.Tiers {
		if tier.Size_ == 0 || tier.Threshold == 0 || tier.Threshold > tier.Size_ {
			return ErrInvalidContract.Wrapf("tier %d is %d of %d, wanted a threshold from 1 to its size", i, tier.Threshold, tier.Size_)
		}
		if tier.Size_ > most {
			return ErrInvalidContract.Wrapf("tier %d has %d members, wanted at most %s %d", i, tier.Size_, name, most)
		}
		if i > 0 && (tier.MinAssets.IsNil() || tier.MinAssets.LTE(c.Tiers[i-1].MinAssets)) {
			return ErrInvalidContract.Wrapf("tier %d is from %s, wanted more than %s", i, tier.MinAssets, c.Tiers[i-1].MinAssets)
		}
	}
	if c.MinSize == 0 || c.MinSize > c.Tiers[0].Size_ {
		return ErrInvalidContract.Wrapf("min_size is %d, wanted from 1 to the first tier's %d", c.MinSize, c.Tiers[0].Size_)
	}
	return nil
}

// validateCosts wants redemption_fee to pay for a payout of one redemption, and min_sweep to be worth a move, by the largest tier: the reserve must
// not pay for what anybody can cause again and again.
func validateCosts(c Contract) error {
	figures, err := c.figures()
	if err != nil {
		return err
	}
	for i, tier := range c.Tiers {
		payout, move := figures.leastCosts(tier)
		if found := c.Limits.RedemptionFee; found.LT(payout) {
			return ErrInvalidContract.Wrapf("redemption_fee is %s, wanted at least %s, what a payout by tier %d costs", found, payout, i)
		}
		if found := c.Limits.MinSweep; found.LT(move) {
			return ErrInvalidContract.Wrapf("min_sweep is %s, wanted at least %s, what a move by tier %d costs", found, move, i)
		}
	}
	return nil
}

// amount is a limit by name; some have to be above 0.
type amount struct {
	name  string
	value math.Int
	least int64
}

// validateLimits also wants min_outflow to be at least min_deposit, the least part that is paid: else an era's cap could stay below what
// is worth paying, and a redemption wait for ever.
func validateLimits(c Contract) error {
	l := c.Limits
	for _, a := range []amount{
		{"min_deposit", l.MinDeposit, 1},
		{"max_assets", l.MaxAssets, 0},
		{"redemption_fee", l.RedemptionFee, 0},
		{"reserve_min", l.ReserveMin, 0},
		{"min_sweep", l.MinSweep, 1},
		{"min_outflow", l.MinOutflow, 1},
	} {
		if a.value.IsNil() || a.value.LT(math.NewInt(a.least)) {
			return ErrInvalidContract.Wrapf("%s is %s, wanted at least %d", a.name, a.value, a.least)
		}
	}
	if least := l.MinClientBalance; !least.IsNil() && least.IsNegative() {
		return ErrInvalidContract.Wrapf("min_client_balance is %s, wanted at least 0", least)
	}
	if most := l.MaxRemainder; !most.IsNil() && most.IsNegative() {
		return ErrInvalidContract.Wrapf("max_remainder is %s, wanted at least 0", most)
	}
	if l.MinOutflow.LT(l.MinDeposit) {
		return ErrInvalidContract.Wrapf("min_outflow is %s, wanted at least min_deposit %s", l.MinOutflow, l.MinDeposit)
	}
	if share := l.MaxOutflowPerEra; share.IsNil() || share.IsNegative() || share.GT(math.LegacyOneDec()) {
		return ErrInvalidContract.Wrapf("max_outflow_per_era is %s, wanted from 0 to 1", share)
	}
	if l.MaxOutputs == 0 || l.MaxOutputs > MaxOutputs {
		return ErrInvalidContract.Wrapf("max_outputs is %d, wanted from 1 to %d", l.MaxOutputs, MaxOutputs)
	}
	return nil
}

// Remainder is max_remainder, 0 where it is not set.
func (l Limits) Remainder() math.Int {
	if l.MaxRemainder.IsNil() {
		return math.ZeroInt()
	}
	return l.MaxRemainder
}

// ValidateCommittee checks every tier against the threshold ratio and the capture chance at a stake share of 1/4 (protocol §5): a tier
// that is easier to capture than maxChance wants max_assets.
func (c Contract) ValidateCommittee(minRatio, maxChance math.LegacyDec, chance CaptureChance) error {
	for i, tier := range c.Tiers {
		least := minRatio.MulInt64(int64(tier.Size_)).Ceil().TruncateInt64()
		if int64(tier.Threshold) < least {
			return ErrInvalidContract.Wrapf("tier %d is %d of %d, wanted a threshold of at least %d", i, tier.Threshold, tier.Size_, least)
		}
		found := chance(tier.Size_, tier.Threshold, captureNum, captureDen)
		if found.GT(maxChance) && !c.Limits.MaxAssets.IsPositive() {
			return ErrInvalidContract.Wrapf(
				"tier %d, %d of %d, has a capture chance of %s at a quarter of the stake, wanted at most %s or a max_assets",
				i, tier.Threshold, tier.Size_, found, maxChance,
			)
		}
	}
	return nil
}

// field is something that an update may not change, by name.
type field struct{ name, found, wanted string }

// ValidateUpdate checks that what an update may not change is as deployed: chain, denoms, display, and what its kind of chain names
// (address prefix, beacon chain, checkpoint).
func (c Contract) ValidateUpdate(deployed Contract) error {
	fields := []field{
		{"chain_id", c.ChainId, deployed.ChainId},
		{"kind", c.Kind.String(), deployed.Kind.String()},
		{"denom", c.Denom, deployed.Denom},
		{"rtoken_denom", c.RtokenDenom, deployed.RtokenDenom},
		{"symbol", c.Symbol, deployed.Symbol},
		{"decimals", math.NewInt(int64(c.Decimals)).String(), math.NewInt(int64(deployed.Decimals)).String()},
	}
	if err := sameFields(fields); err != nil {
		return err
	}
	figures, err := c.figures()
	if err != nil {
		return err
	}
	return sameFields(figures.fixed(deployed))
}

func sameFields(fields []field) error {
	for _, f := range fields {
		if f.found != f.wanted {
			return ErrInvalidContract.Wrapf("%s is %q, wanted %q as deployed", f.name, f.found, f.wanted)
		}
	}
	return nil
}

// TierFor returns the tier of a value of assets in base units: the last one whose min_assets is not above it.
func (c Contract) TierFor(assets math.Int) Tier {
	tier := c.Tiers[0]
	for _, next := range c.Tiers[1:] {
		if next.MinAssets.GT(assets) {
			break
		}
		tier = next
	}
	return tier
}

// Metadata returns what x/bank shows of the rToken: "rATOM", 10^decimals of its base unit.
func (c Contract) Metadata() banktypes.Metadata {
	name := "r" + c.Symbol
	units := []*banktypes.DenomUnit{{Denom: c.RtokenDenom}}
	display := c.RtokenDenom
	if c.Decimals > 0 {
		display = name
		units = append(units, &banktypes.DenomUnit{Denom: display, Exponent: c.Decimals})
	}
	return banktypes.Metadata{
		Description: "StaFi rToken of " + c.Symbol + " on " + c.ChainId,
		DenomUnits:  units,
		Base:        c.RtokenDenom,
		Display:     display,
		Name:        name,
		Symbol:      name,
	}
}
