package app_test

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/stafiprotocol/stafid/app"
	"github.com/stafiprotocol/stafid/cmd/stafid/localnet"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	ssvsim "github.com/stafiprotocol/stafid/x/ssv/simulation"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	stakingcontracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

const (
	originalChainID = "original-1"
	firstContract   = 1
	eraBlocks       = 60
)

// smallNetwork is the genesis that stafid localnet writes, with a seed for the election at the end of the first era: in that nobody can deal,
// since everyone registers in it.
func smallNetwork(wired *app.App, state map[string]json.RawMessage) {
	firstSeed := func(cdc codec.JSONCodec, state map[string]json.RawMessage) error {
		return localnet.Edit(cdc, state, ssvtypes.ModuleName, func(ssv *ssvtypes.GenesisState) {
			seed := sha256.Sum256([]byte("the first seed"))
			ssv.FirstSeed = seed[:]
		})
	}
	if err := localnet.SmallPreset(time.Second).Then(firstSeed).Then(patient)(wired.Encoding().Codec, state); err != nil {
		panic(err)
	}
}

// patient takes back what makes a demo lively: candidates of these tests beat once, and a refund is a thousandth of the gas, from a pool that
// tests fill themselves.
func patient(cdc codec.JSONCodec, state map[string]json.RawMessage) error {
	err := localnet.Edit(cdc, state, ssvtypes.ModuleName, func(ssv *ssvtypes.GenesisState) {
		defaults := ssvtypes.DefaultParams()
		ssv.Params.HeartbeatInterval, ssv.Params.HeartbeatWindow = defaults.HeartbeatInterval, defaults.HeartbeatWindow
		ssv.Params.RefundGasPrice = math.LegacyNewDecWithPrec(1, 3)
	})
	if err != nil {
		return err
	}
	pool := authtypes.NewModuleAddress(ssvtypes.RefundPoolName).String()
	return localnet.Edit(cdc, state, banktypes.ModuleName, func(bank *banktypes.GenesisState) {
		bank.Balances = slices.DeleteFunc(bank.Balances, func(b banktypes.Balance) bool { return b.Address == pool })
	})
}

func account(key cryptotypes.PrivKey) sdk.AccAddress { return sdk.AccAddress(key.PubKey().Address()) }

func operator(key cryptotypes.PrivKey) string { return sdk.ValAddress(key.PubKey().Address()).String() }

// registration proves possession of a signer made of the index.
func (c *chain) registration(index int) *ssvtypes.MsgRegisterCandidate {
	c.t.Helper()
	signer := secp256k1.GenPrivKeyFromSecret([]byte{'k', byte(index)})
	key := signer.PubKey().Bytes()
	proof, err := signer.Sign(ssvtypes.ProofBytes(testChainID, operator(c.operators[index]), originalChainID, key))
	require.NoError(c.t, err)
	return &ssvtypes.MsgRegisterCandidate{
		Operator: operator(c.operators[index]), Submitter: account(c.submitters[index]).String(),
		Beacon: ssvsim.BeaconProof(testChainID, operator(c.operators[index]), 0),
		Chains: []ssvtypes.ChainKeyProof{{Key: ssvtypes.ChainKey{ChainId: originalChainID, Signer: key}, Proof: proof}},
	}
}

// accepted makes a block of txs and wants every one to succeed.
func (c *chain) accepted(txs ...[]byte) {
	c.t.Helper()
	for i, result := range c.block(txs...).TxResults {
		require.Zero(c.t, result.Code, "transaction %d: %s", i, result.Log)
	}
}

// candidates registers every validator and lets its relayer beat once.
func (c *chain) candidates() {
	c.t.Helper()
	registrations, heartbeats := make([][]byte, 0, len(c.operators)), make([][]byte, 0, len(c.operators))
	for i := range c.operators {
		registrations = append(registrations, c.sign(c.operators[i], c.registration(i)))
	}
	c.accepted(registrations...)
	for _, key := range c.submitters {
		heartbeats = append(heartbeats, c.sign(key, &ssvtypes.MsgHeartbeat{Submitter: account(key).String(), Version: "test"}))
	}
	c.accepted(heartbeats...)
}

// deploy has governance deploy a contract of four members, three of whom sign.
func (c *chain) deploy() {
	c.t.Helper()
	c.deployContract(testContract())
}

// deployContract has governance deploy a chain's first contract.
func (c *chain) deployContract(contract stakingcontracttypes.Contract) {
	c.t.Helper()
	proposal, err := govv1.NewMsgSubmitProposal(
		[]sdk.Msg{&stakingcontracttypes.MsgDeployContract{Authority: app.Authority(), Contract: contract}},
		sdk.NewCoins(sdk.NewInt64Coin(app.BondDenom, 10_000_000)), account(c.stakers[0]).String(), "", "deploy", "deploy", false,
	)
	require.NoError(c.t, err)
	c.accepted(c.sign(c.stakers[0], proposal))
	votes := make([][]byte, 0, len(c.operators))
	for _, key := range c.operators {
		votes = append(votes, c.sign(key, govv1.NewMsgVote(account(key), 1, govv1.OptionYes, "")))
	}
	c.accepted(votes...)
	c.blocks(8)
	passed, err := c.app.Gov.Proposals.Get(c.context(), 1)
	require.NoError(c.t, err)
	require.Equal(c.t, govv1.StatusPassed, passed.Status, passed.FailedReason)
}

func testContract() stakingcontracttypes.Contract {
	hash := sha256.Sum256([]byte("checkpoint"))
	return stakingcontracttypes.Contract{
		ChainId: originalChainID, Kind: multisigtypes.CHAIN_KIND_COSMOS, Denom: "ucosm", RtokenDenom: "rucosm", Symbol: "COSM", Decimals: 6,
		Tiers: []stakingcontracttypes.Tier{{MinAssets: math.ZeroInt(), Size_: 4, Threshold: 3}}, MinSize: 4,
		Limits: stakingcontracttypes.Limits{
			MinDeposit: math.NewInt(1_000), MaxAssets: math.NewInt(1_000_000_000), RedemptionFee: math.NewInt(400),
			ReserveMin: math.NewInt(10_000), MinSweep: math.NewInt(5_000), MaxOutflowPerEra: math.LegacyOneDec(),
			MinOutflow: math.NewInt(1_000_000), MaxOutputs: 10,
		},
		Cosmos: &stakingcontracttypes.CosmosChain{
			Bech32Prefix: "wasm", TxSigLimit: 7, GasPrice: math.LegacyNewDecWithPrec(1, 3), GasBase: 100_000, GasPerSignature: 10_000,
			GasPerOutput: 20_000, TimeoutBlocks: 100, MaxObservationLag: 50, CheckpointHeight: 10, CheckpointHash: hash[:],
			TrustingPeriod: 14 * 24 * time.Hour,
		},
	}
}

// serving is a small network whose first committee is seated and out of the consensus set.
func serving(t testing.TB) *chain {
	t.Helper()
	c := newChain(t, 8, smallNetwork)
	c.candidates()
	c.deploy()
	c.blocks(eraBlocks + 3 - int(c.height))
	return c
}

func (c *chain) committee() ssvtypes.Committee {
	c.t.Helper()
	era, err := c.app.SSV.CurrentEra(c.context())
	require.NoError(c.t, err)
	committee, found, err := c.app.SSV.Committee(c.context(), era.Number, firstContract)
	require.NoError(c.t, err)
	require.True(c.t, found, "no committee in era %d", era.Number)
	return committee
}

func TestMembersOfACommitteeLeaveTheConsensusSetAndStayBonded(t *testing.T) {
	c := serving(t)
	committee := c.committee()
	require.Len(t, committee.Members, 4)
	require.Len(t, c.next.Validators, 4)
	for _, member := range committee.Members {
		address, err := sdk.ValAddressFromBech32(member.Operator)
		require.NoError(t, err)
		validator, err := c.app.Staking.GetValidator(c.context(), address)
		require.NoError(t, err)
		require.True(t, validator.IsBonded())
		consensus, err := validator.GetConsAddr()
		require.NoError(t, err)
		require.False(t, c.next.HasAddress(consensus))
	}

	vaults, err := c.app.Multisig.ContractVaults(c.context(), firstContract)
	require.NoError(t, err)
	require.Len(t, vaults, 1)
	require.Equal(t, multisigtypes.VAULT_STATUS_PENDING, vaults[0].Status)
}

func TestACommitteeWhoseVaultIsNotOpenYetServesOnInTheNextEra(t *testing.T) {
	c := serving(t)
	first := c.committee()
	c.blocks(eraBlocks)
	second := c.committee()
	require.Equal(t, first.Era+1, second.Era)
	require.Equal(t, first.Members, second.Members)
	require.Equal(t, ssvtypes.COMMITTEE_ORIGIN_INCUMBENT, second.Origin)
	require.Len(t, c.next.Validators, 4)
}

func TestAChainExportedWhileACommitteeServesGoesOnServing(t *testing.T) {
	c := serving(t)
	exported := c.export()
	require.Len(t, exported.Validators, 4, "export names the producers, not the bonded")

	one, two := c.imported(exported), c.imported(exported)
	require.Equal(t, string(exported.AppState), string(one.exportUncommitted()))
	for range 2 * eraBlocks {
		one.block()
		two.block()
	}

	require.Equal(t, one.appHash, two.appHash)
	require.Len(t, one.next.Validators, 4)
	one.committee()
}

func TestACommitteeServesOnInTheImportedChainFromItsFirstBlock(t *testing.T) {
	c := serving(t)
	other := c.imported(c.export())
	other.block()
	require.Equal(t, c.committee(), other.committee())
}

func TestTheSameLifeGivesTheSameAppHash(t *testing.T) {
	require.Equal(t, serving(t).appHash, serving(t).appHash)
}
