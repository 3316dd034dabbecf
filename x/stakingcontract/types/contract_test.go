package types_test

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/ssv/election"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

func contract() types.Contract {
	hash := sha256.Sum256([]byte("checkpoint"))
	return types.Contract{
		ChainId: "cosmoshub-4", Kind: multisigtypes.CHAIN_KIND_COSMOS, Denom: "uatom", RtokenDenom: "ruatom", Symbol: "ATOM", Decimals: 6,
		Tiers: []types.Tier{
			{MinAssets: math.ZeroInt(), Size_: 4, Threshold: 3}, {MinAssets: math.NewInt(1_000_000), Size_: 7, Threshold: 5},
		},
		MinSize: 3,
		Limits: types.Limits{
			MinDeposit: math.NewInt(1_000), MaxAssets: math.NewInt(1_000_000_000), RedemptionFee: math.NewInt(2_000), ReserveMin: math.NewInt(10_000),
			MinSweep: math.NewInt(5_000), MaxOutflowPerEra: math.LegacyMustNewDecFromStr("0.25"), MinOutflow: math.NewInt(1_000_000), MaxOutputs: 10,
		},
		Cosmos: &types.CosmosChain{
			Bech32Prefix: "cosmos", TxSigLimit: 7, GasPrice: math.LegacyMustNewDecFromStr("0.01"), GasBase: 100_000, GasPerSignature: 10_000,
			GasPerOutput: 20_000, TimeoutBlocks: 100, MaxObservationLag: 50, CheckpointHeight: 100, CheckpointHash: hash[:],
			TrustingPeriod: 14 * 24 * time.Hour,
		},
	}
}

func TestAContractIsRefusedWithTheBoundThatItBreaks(t *testing.T) {
	require.NoError(t, contract().Validate())
	for _, c := range []struct {
		name   string
		change func(*types.Contract)
		says   string
	}{
		{"a chain id with a blank", func(c *types.Contract) { c.ChainId = "a b" }, `chain_id is "a b"`},
		{"an unknown chain kind", func(c *types.Contract) { c.Kind = 9 }, "chain kind is 9, wanted CHAIN_KIND_COSMOS"},
		{"a kind that is not served yet", func(c *types.Contract) { c.Kind = multisigtypes.CHAIN_KIND_BITCOIN }, "chain kind is CHAIN_KIND_BITCOIN"},
		{"no figures of the chain", func(c *types.Contract) { c.Cosmos = nil }, "cosmos is missing and ethereum missing, wanted only the figures of a chain of kind CHAIN_KIND_COSMOS"},
		{"a denom that is none", func(c *types.Contract) { c.Denom = "!" }, `denom is "!"`},
		{"an rToken of another symbol", func(c *types.Contract) { c.RtokenDenom = "ruosmo" }, `rtoken_denom is "ruosmo", wanted "ruatom"`},
		{"an rToken without its r", func(c *types.Contract) { c.RtokenDenom = "uatom" }, `rtoken_denom is "uatom", wanted 'r' and`},
		{"a symbol with a dash", func(c *types.Contract) { c.Symbol = "A-B" }, `symbol is "A-B"`},
		{"19 decimals", func(c *types.Contract) { c.Decimals = 19 }, "decimals is 19, wanted at most 18"},
		{"no tiers", func(c *types.Contract) { c.Tiers = nil }, "0 tiers"},
		{"a first tier that is not from 0", func(c *types.Contract) { c.Tiers[0].MinAssets = math.OneInt() }, "first tier is from 1, wanted 0"},
		{"tiers out of order", func(c *types.Contract) { c.Tiers[1].MinAssets = math.ZeroInt() }, "tier 1 is from 0, wanted more than 0"},
		{"a threshold above the size", func(c *types.Contract) { c.Tiers[0].Threshold = 5 }, "tier 0 is 5 of 4"},
		{"more members than tx_sig_limit", func(c *types.Contract) { c.Tiers[1].Size_ = 8 }, "tier 1 has 8 members, wanted at most the chain's tx_sig_limit 7"},
		{"a min_size above the first tier", func(c *types.Contract) { c.MinSize = 5 }, "min_size is 5, wanted from 1 to the first tier's 4"},
		{"no minimal deposit", func(c *types.Contract) { c.Limits.MinDeposit = math.ZeroInt() }, "min_deposit is 0, wanted at least 1"},
		{"a redemption that costs the reserve more than its fee", func(c *types.Contract) { c.Limits.RedemptionFee = math.NewInt(1_899) },
			"redemption_fee is 1899, wanted at least 1900, what a payout by tier 1 costs"},
		{"a sweep that costs more than it brings", func(c *types.Contract) { c.Limits.MinSweep = math.NewInt(1_899) },
			"min_sweep is 1899, wanted at least 1900, what a move by tier 1 costs"},
		{"a negative remainder", func(c *types.Contract) { c.Limits.MaxRemainder = math.NewInt(-1) }, "max_remainder is -1, wanted at least 0"},
		{"a blocked address of another chain", func(c *types.Contract) {
			c.Cosmos.BlockedAddresses = []string{"osmo1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnrk363e"}
		},
			`blocked_addresses has "osmo1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnrk363e", wanted bech32 with the prefix "cosmos"`},
		{"an amount that is missing", func(c *types.Contract) { c.Limits.ReserveMin = math.Int{} }, "reserve_min is"},
		{"a fee below 0", func(c *types.Contract) { c.Limits.RedemptionFee = math.NewInt(-1) }, "redemption_fee is -1"},
		{"a min_outflow below min_deposit", func(c *types.Contract) { c.Limits.MinOutflow = math.NewInt(999) }, "min_outflow is 999, wanted at least min_deposit 1000"},
		{"a share above 1", func(c *types.Contract) { c.Limits.MaxOutflowPerEra = math.LegacyNewDec(2) }, "max_outflow_per_era is 2"},
		{"no outputs", func(c *types.Contract) { c.Limits.MaxOutputs = 0 }, "max_outputs is 0, wanted from 1 to 200"},
		{"a prefix in capitals", func(c *types.Contract) { c.Cosmos.Bech32Prefix = "Cosmos" }, `bech32_prefix is "Cosmos"`},
		{"a gas price below 0", func(c *types.Contract) { c.Cosmos.GasPrice = math.LegacyNewDec(-1) }, "gas_price is -1"},
		{"a timeout within two lags", func(c *types.Contract) { c.Cosmos.TimeoutBlocks = 99 }, "timeout_blocks is 99, wanted from 100"},
		{"a checkpoint hash of 31 bytes", func(c *types.Contract) { c.Cosmos.CheckpointHash = c.Cosmos.CheckpointHash[1:] }, "checkpoint_hash length is 31, wanted from 32 to 32"},
		{"no checkpoint height", func(c *types.Contract) { c.Cosmos.CheckpointHeight = 0 }, "checkpoint_height is 0"},
		{"no trusting period", func(c *types.Contract) { c.Cosmos.TrustingPeriod = 0 }, "trusting_period is 0s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bad := contract()
			c.change(&bad)
			err := bad.Validate()
			require.ErrorIs(t, err, types.ErrInvalidContract)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestACommitteeTooEasyToCaptureWantsABoundOfAssets(t *testing.T) {
	ratio, chance := math.LegacyMustNewDecFromStr("0.7"), math.LegacyMustNewDecFromStr("0.0001")
	c := contract()
	require.NoError(t, c.ValidateCommittee(ratio, chance, election.CaptureChance))
	c.Limits.MaxAssets = math.ZeroInt()
	err := c.ValidateCommittee(ratio, chance, election.CaptureChance)
	require.ErrorIs(t, err, types.ErrInvalidContract)
	// 3 of 4 at a quarter: (4·3 + 1)/4^4.
	require.ErrorContains(t, err, "tier 0, 3 of 4, has a capture chance of 0.050781250000000000 at a quarter of the stake")
	c = contract()
	c.Tiers[1].Threshold = 4
	require.ErrorContains(t, c.ValidateCommittee(ratio, chance, election.CaptureChance), "tier 1 is 4 of 7, wanted a threshold of at least 5")
}

func TestAnUpdateKeepsChainDenomsAndCheckpoint(t *testing.T) {
	deployed := contract()
	for _, c := range []struct {
		name   string
		change func(*types.Contract)
	}{
		{"chain_id", func(c *types.Contract) { c.ChainId = "other-1" }},
		{"denom", func(c *types.Contract) { c.Denom, c.RtokenDenom = "uosmo", "ruosmo" }},
		{"symbol", func(c *types.Contract) { c.Symbol = "OSMO" }},
		{"decimals", func(c *types.Contract) { c.Decimals = 5 }},
		{"bech32_prefix", func(c *types.Contract) { c.Cosmos.Bech32Prefix = "osmo" }},
		{"checkpoint_height", func(c *types.Contract) { c.Cosmos.CheckpointHeight++ }},
		{"checkpoint_hash", func(c *types.Contract) { c.Cosmos.CheckpointHash = make([]byte, 32) }},
	} {
		changed := contract()
		c.change(&changed)
		err := changed.ValidateUpdate(deployed)
		require.ErrorIs(t, err, types.ErrInvalidContract)
		require.ErrorContains(t, err, c.name)
	}
	changed := contract()
	changed.Limits.MinDeposit, changed.Cosmos.GasBase, changed.MinSize = math.NewInt(2), 7, 4
	require.NoError(t, changed.ValidateUpdate(deployed))
}

func TestTheTierFollowsTheAssets(t *testing.T) {
	c := contract()
	for assets, size := range map[int64]uint32{0: 4, 999_999: 4, 1_000_000: 7, 5_000_000: 7} {
		require.Equal(t, size, c.TierFor(math.NewInt(assets)).Size_, assets)
	}
}

func TestEveryParameterHasBoundsThatAreNamed(t *testing.T) {
	require.NoError(t, types.DefaultParams().Validate())
	for name, change := range map[string]func(*types.Params){
		"max_events_per_block":   func(p *types.Params) { p.MaxEventsPerBlock = 0 },
		"max_observation_events": func(p *types.Params) { p.MaxObservationEvents = 15 },
		"max_observation_bytes":  func(p *types.Params) { p.MaxObservationBytes = 768<<10 + 1 },
		"observation_deadline":   func(p *types.Params) { p.ObservationDeadline = 1 },
		"propose_backoff":        func(p *types.Params) { p.ProposeBackoff = 0 },
		"payout_interval":        func(p *types.Params) { p.PayoutInterval = 0 },
		"max_mints_per_block":    func(p *types.Params) { p.MaxMintsPerBlock = 0 },
		"max_open_redemptions":   func(p *types.Params) { p.MaxOpenRedemptions = 0 },
	} {
		p := types.DefaultParams()
		change(&p)
		err := p.Validate()
		require.ErrorIs(t, err, types.ErrInvalidParams)
		require.ErrorContains(t, err, name)
	}
}

func TestAGenesisThatContradictsItselfIsRefused(t *testing.T) {
	valid := func() types.GenesisState {
		c := contract()
		c.Id = 1
		g := *types.DefaultGenesis()
		g.NextContract, g.Contracts, g.States = 2, []types.Contract{c}, []types.ContractState{types.NewContractState(c)}
		g.Ledgers = []types.Ledger{types.NewLedger(1, 1)}
		return g
	}
	require.NoError(t, valid().Validate())
	for name, change := range map[string]func(*types.GenesisState){
		"bad parameters":                    func(g *types.GenesisState) { g.Params.PayoutInterval = 0 },
		"ids from 0":                        func(g *types.GenesisState) { g.NextPlace = 0 },
		"a contract beyond the next id":     func(g *types.GenesisState) { g.NextContract = 1 },
		"a contract without a state":        func(g *types.GenesisState) { g.States = nil },
		"the state of another contract":     func(g *types.GenesisState) { g.States[0].Contract = 2 },
		"an invalid contract":               func(g *types.GenesisState) { g.Contracts[0].MinSize = 0 },
		"the ledger of an unknown contract": func(g *types.GenesisState) { g.Ledgers[0].Contract = 2 },
		"ledgers out of order":              func(g *types.GenesisState) { g.Ledgers = append(g.Ledgers, g.Ledgers[0]) },
		"an incomplete batch":               func(g *types.GenesisState) { g.Batches = []types.Batch{{Root: 1, Contract: 1}} },
		"an incomplete deposit":             func(g *types.GenesisState) { g.Deposits = []types.Deposit{{Contract: 1}} },
		"an incomplete redemption": func(g *types.GenesisState) {
			g.NextRedemption = 2
			g.Redemptions = []types.GenesisRedemption{{Redemption: types.Redemption{Id: 1, Contract: 1}}}
		},
		"a proposal without its events": func(g *types.GenesisState) {
			g.Proposals = []types.GenesisProposal{{Proposal: types.Proposal{Contract: 1, Hash: make([]byte, 32), EventCount: 1}}}
		},
	} {
		g := valid()
		change(&g)
		require.Error(t, g.Validate(), name)
	}
}
