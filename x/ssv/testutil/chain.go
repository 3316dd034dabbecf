// Package testutil runs x/ssv on real auth, bank, staking, distribution and slashing keepers over a committed store, with CometBFT's own
// validator set applied two blocks later as CometBFT does.
package testutil

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmttypes "github.com/cometbft/cometbft/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/address"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/store/v2"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	moduletestutil "github.com/cosmos/cosmos-sdk/types/module/testutil"
	"github.com/cosmos/cosmos-sdk/x/auth"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/bank"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/distribution"
	distrkeeper "github.com/cosmos/cosmos-sdk/x/distribution/keeper"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	"github.com/cosmos/cosmos-sdk/x/slashing"
	slashingkeeper "github.com/cosmos/cosmos-sdk/x/slashing/keeper"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	"github.com/cosmos/cosmos-sdk/x/staking"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/stafiprotocol/stafid/x/ssv"
	"github.com/stafiprotocol/stafid/x/ssv/keeper"
	"github.com/stafiprotocol/stafid/x/ssv/pvss"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// ChainID is the test chain's id; Authority sets its parameters.
const ChainID = "stafi-test-1"

// Authority is the account that sets parameters.
var Authority = authtypes.NewModuleAddress("gov").String()

const minter = "test_minter"

// Genesis of every test chain.
var (
	Start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	// BlockTime is the time between blocks.
	BlockTime = 5 * time.Second
	Denom     = sdk.DefaultBondDenom
)

// TB is what the chain needs of a test, a benchmark or a property's check.
type TB interface {
	require.TestingT
	Helper()
	Fatalf(format string, args ...any)
}

// Chain is a test chain.
type Chain struct {
	T   TB
	Ctx sdk.Context
	// Sets are CometBFT's validator sets by height.
	Sets map[int64]*cmttypes.ValidatorSet
	// Absent validators do not sign, by consensus address.
	Absent map[string]bool
	// Conducts are what validators do against their duty as dealers of the seed, by index.
	Conducts map[int]Conduct
	// BeaconKeyOf gives validators' secret beacon keys by index and number; BeaconKey unless it is set.
	BeaconKeyOf func(i, n int) pvss.SecretKey
	texts       []string
	// Updates are those of the last block.
	Updates []abci.ValidatorUpdate
	// AppHash of the last commit.
	AppHash []byte
	// Timed, if it is set, is to run x/ssv's EndBlock, which it is given, and can measure it.
	Timed func(endBlock func())

	Codec        codec.Codec
	Account      authkeeper.AccountKeeper
	Bank         bankkeeper.BaseKeeper
	Staking      *stakingkeeper.Keeper
	Slashing     slashingkeeper.Keeper
	Distribution distrkeeper.Keeper
	Keeper       *keeper.Keeper
	Module       ssv.AppModule
	Msgs         types.MsgServer
	Queries      types.QueryServer
	Store        storetypes.CommitMultiStore
	Key          *storetypes.KVStoreKey
}

// Params are small ones: an era of 12 blocks, a window of 4, no tenure, no rest, guards for few validators, and rounds of four dealers that
// are over two blocks after the freeze if all do their part.
func Params() types.Params {
	params := types.DefaultParams()
	params.EraDuration, params.BeaconWindow = 60*time.Second, 20*time.Second
	params.MinStake, params.MinTenure, params.HeartbeatInterval, params.HeartbeatWindow = math.NewInt(1_000_000), 0, 4, 1000
	params.MaxCandidatePower, params.MaxExcludedPower = math.LegacyNewDecWithPrec(25, 2), math.LegacyNewDecWithPrec(50, 2)
	params.MinPoolFactor, params.MaxRestingShare = 1, math.LegacyNewDecWithPrec(50, 2)
	params.MaxHandoverEras, params.ClosingEras, params.HistoryEras = 1, 1, 4
	params.BeaconSize, params.DealBlocks, params.RevealBlocks, params.MaxDealingsPerBlock = 4, types.MinDealBlocks, types.MinRevealBlocks, 64
	params.MinBeaconShare = math.LegacyNewDecWithPrec(1, 2) // four of many equal ones deal
	return params
}

// NewStore builds the keepers over an empty store without any genesis.
func NewStore(t TB) *Chain { return NewStoreOn(t, dbm.NewMemDB()) }

// NewStoreOn builds the keepers over the newest version of a store in a database.
func NewStoreOn(t TB, db dbm.DB) *Chain {
	t.Helper()
	encoding := moduletestutil.MakeTestEncodingConfig(
		auth.AppModuleBasic{}, bank.AppModuleBasic{}, staking.AppModuleBasic{}, slashing.AppModuleBasic{},
		distribution.AppModuleBasic{}, ssv.AppModule{},
	)
	keys := storetypes.NewKVStoreKeys(
		authtypes.StoreKey, banktypes.StoreKey, stakingtypes.StoreKey, slashingtypes.StoreKey, distrtypes.StoreKey, types.StoreKey,
	)
	cms := store.NewCommitMultiStore(db, log.NewNopLogger())
	for _, key := range keys {
		cms.MountStoreWithDB(key, storetypes.StoreTypeIAVL, nil)
	}
	require.NoError(t, cms.LoadLatestVersion())
	c := &Chain{
		T: t, Codec: encoding.Codec, Store: cms, Key: keys[types.StoreKey],
		Sets: map[int64]*cmttypes.ValidatorSet{}, Absent: map[string]bool{}, Conducts: map[int]Conduct{}, BeaconKeyOf: BeaconKey,
	}
	c.addKeepers(keys, encoding.Amino)
	return c
}

func (c *Chain) addKeepers(keys map[string]*storetypes.KVStoreKey, amino *codec.LegacyAmino) {
	config := sdk.GetConfig()
	accounts := address.NewBech32Codec(config.GetBech32AccountAddrPrefix())
	c.Account = authkeeper.NewAccountKeeper(
		c.Codec, runtime.NewKVStoreService(keys[authtypes.StoreKey]), authtypes.ProtoBaseAccount,
		map[string][]string{
			minter:                              {authtypes.Minter},
			"gov":                               nil,
			authtypes.FeeCollectorName:          nil,
			distrtypes.ModuleName:               nil,
			types.ModuleName:                    {authtypes.Minter},
			types.TreasuryName:                  nil,
			types.RefundPoolName:                nil,
			stakingtypes.BondedPoolName:         {authtypes.Burner, authtypes.Staking},
			stakingtypes.NotBondedPoolName:      {authtypes.Burner, authtypes.Staking},
			stakingtypes.KeyRotationFeePoolName: {authtypes.Burner},
		},
		accounts, config.GetBech32AccountAddrPrefix(), Authority,
	)
	c.Bank = bankkeeper.NewBaseKeeper(
		c.Codec, runtime.NewKVStoreService(keys[banktypes.StoreKey]), c.Account, nil, Authority, log.NewNopLogger(),
	)
	c.Staking = stakingkeeper.NewKeeper(
		c.Codec, runtime.NewKVStoreService(keys[stakingtypes.StoreKey]), c.Account, c.Bank, Authority,
		address.NewBech32Codec(config.GetBech32ValidatorAddrPrefix()), address.NewBech32Codec(config.GetBech32ConsensusAddrPrefix()),
	)
	c.Keeper = keeper.NewKeeper(keeper.Options{
		Codec: c.Codec, Store: runtime.NewKVStoreService(keys[types.StoreKey]), Authority: Authority,
		Addresses: accounts, Staking: c.Staking, Bank: c.Bank,
	})
	c.Distribution = distrkeeper.NewKeeper(
		c.Codec, runtime.NewKVStoreService(keys[distrtypes.StoreKey]), c.Account, c.Bank, c.Staking, authtypes.FeeCollectorName, Authority,
	)
	c.Keeper.SetDistributionKeeper(c.Distribution)
	c.Slashing = slashingkeeper.NewKeeper(
		c.Codec, amino, runtime.NewKVStoreService(keys[slashingtypes.StoreKey]),
		keeper.NewStakingKeeperForSlashing(c.Staking, c.Keeper), Authority,
	)
	c.Keeper.SetSlashingKeeper(c.Slashing)
	c.Staking.SetHooks(stakingtypes.NewMultiStakingHooks(c.Distribution.Hooks(), c.Slashing.Hooks(), c.Keeper.StakingHooks()))
	c.Module = ssv.NewAppModule(c.Codec, c.Keeper)
	c.Msgs, c.Queries = keeper.NewMsgServer(c.Keeper), keeper.NewQueryServer(c.Keeper)
}

// New starts a chain with as many bonded validators as there are stakes, in FIS.
func New(t TB, params types.Params, stakes ...int64) *Chain {
	return NewOn(t, dbm.NewMemDB(), params, stakes...)
}

// Reopen goes on with the chain after its last commit over a database that was closed and opened again: nothing is cached.
func (c *Chain) Reopen(db dbm.DB) *Chain {
	c.T.Helper()
	reopened := NewStoreOn(c.T, db)
	reopened.Sets, reopened.Absent, reopened.AppHash = c.Sets, c.Absent, c.AppHash
	reopened.Ctx = reopened.context(c.Ctx.BlockHeight(), c.Ctx.BlockTime(), c.votes(c.Ctx.BlockHeight()-1))
	reopened.begin()
	return reopened
}

// NewOn starts a chain in an empty database.
func NewOn(t TB, db dbm.DB, params types.Params, stakes ...int64) *Chain {
	t.Helper()
	c := NewStoreOn(t, db)
	c.Ctx = c.context(1, Start, nil)
	stakingParams := stakingtypes.DefaultParams()
	stakingParams.UnbondingTime, stakingParams.HistoricalEntries = 300*time.Second, 0
	stakingParams.KeyRotationFee = sdk.NewInt64Coin(Denom, 1)
	c.Staking.InitGenesis(c.Ctx, stakingtypes.NewGenesisState(stakingParams, nil, nil))
	c.Distribution.InitGenesis(c.Ctx, *distrtypes.DefaultGenesisState())
	slashingParams := slashingtypes.DefaultParams()
	slashingParams.SignedBlocksWindow = 20
	require.NoError(t, c.Slashing.SetParams(c.Ctx, slashingParams))
	for i, stake := range stakes {
		c.CreateValidator(i, stake)
	}
	_, err := c.Staking.ApplyAndReturnValidatorSetUpdates(c.Ctx)
	require.NoError(t, err)
	genesis := types.DefaultGenesis()
	genesis.Params = longPhases(params)
	updates := c.Module.InitGenesis(c.Ctx, c.Codec, c.Codec.MustMarshalJSON(genesis))
	require.NoError(t, c.Keeper.Params.Set(c.Ctx, params))
	c.StartWith(updates)
	return c
}

// longPhases are parameters whose rounds last as long as genesis and governance demand. A chain of tests may have shorter ones: its dealers
// act in the very block.
func longPhases(params types.Params) types.Params {
	params.DealBlocks = max(params.DealBlocks, types.MinDealBlocks)
	params.RevealBlocks = max(params.RevealBlocks, types.MinRevealBlocks)
	return params
}

// LengthenPhases makes the parameters such as genesis takes, until restore is called.
func (c *Chain) LengthenPhases() (restore func()) {
	params, err := c.Keeper.GetParams(c.Ctx)
	require.NoError(c.T, err)
	require.NoError(c.T, c.Keeper.Params.Set(c.Ctx, longPhases(params)))
	return func() { require.NoError(c.T, c.Keeper.Params.Set(c.Ctx, params)) }
}

// StartWith makes CometBFT's first set of what InitGenesis returned.
func (c *Chain) StartWith(updates []abci.ValidatorUpdate) {
	validators, err := cmttypes.PB2TM.ValidatorUpdates(updates)
	require.NoError(c.T, err)
	height := c.Ctx.BlockHeight()
	c.Sets[height] = cmttypes.NewValidatorSet(validators)
	c.Sets[height+1] = c.Sets[height].Copy()
	c.begin()
}

func (c *Chain) context(height int64, now time.Time, votes []abci.VoteInfo) sdk.Context {
	header := cmtproto.Header{ChainID: ChainID, Height: height, Time: now, AppHash: c.AppHash}
	return sdk.NewContext(c.Store.CacheMultiStore(), header, false, log.NewNopLogger()).WithVoteInfos(votes).WithHeaderHash(BlockHash(height))
}

// BlockHash is the hash of the block of a height.
func BlockHash(height int64) []byte {
	hash := sha256.Sum256(fmt.Appendf(nil, "block %d", height))
	return hash[:]
}

func (c *Chain) begin() {
	require.NoError(c.T, slashing.BeginBlocker(c.Ctx, c.Slashing))
}

// EndBlock ends the block as the app does, applies the updates to CometBFT's set of two blocks later, commits and begins the
// next block at that time.
func (c *Chain) EndBlock(next time.Time) {
	c.T.Helper()
	_, err := c.Staking.EndBlocker(c.Ctx)
	require.NoError(c.T, err)
	endBlock := func() { c.Updates, err = c.Module.EndBlock(c.Ctx) }
	if c.Timed != nil {
		c.Timed(endBlock)
	} else {
		endBlock()
	}
	require.NoError(c.T, err)
	c.apply()
	c.Ctx.MultiStore().(storetypes.CacheMultiStore).Write()
	c.AppHash = c.Store.Commit().Hash
	height := c.Ctx.BlockHeight()
	c.Ctx = c.context(height+1, next, c.votes(height))
	c.begin()
}

func (c *Chain) apply() {
	height := c.Ctx.BlockHeight()
	next := c.Sets[height+1].Copy()
	validators, err := cmttypes.PB2TM.ValidatorUpdates(c.Updates)
	require.NoError(c.T, err)
	require.NoError(c.T, next.UpdateWithChangeSet(validators), "CometBFT refuses the updates of height %d", height)
	c.Sets[height+2] = next
}

func (c *Chain) votes(height int64) []abci.VoteInfo {
	var votes []abci.VoteInfo
	for _, validator := range c.Sets[height].Validators {
		flag := cmtproto.BlockIDFlagCommit
		if c.Absent[string(validator.Address)] {
			flag = cmtproto.BlockIDFlagAbsent
		}
		votes = append(votes, abci.VoteInfo{
			Validator: abci.Validator{Address: validator.Address, Power: validator.VotingPower}, BlockIdFlag: flag,
		})
	}
	return votes
}

// Next has the dealers of the seed do what is due and ends the block; the next is BlockTime later.
func (c *Chain) Next() {
	c.T.Helper()
	c.Deal()
	c.EndBlock(c.Ctx.BlockTime().Add(BlockTime))
}

// Run ends as many blocks.
func (c *Chain) Run(blocks int) {
	c.T.Helper()
	for range blocks {
		c.Next()
	}
}

// RunToEra ends blocks until the era has begun.
func (c *Chain) RunToEra(number uint64) {
	c.T.Helper()
	for range 10_000 {
		era, err := c.Keeper.CurrentEra(c.Ctx)
		require.NoError(c.T, err)
		if era.Number >= number {
			return
		}
		c.Next()
	}
	c.T.Fatalf("era %d has not begun", number)
}

// Keys of a validator, the same in every run.

// OperatorKey is a validator's account key.
func OperatorKey(i int) *secp256k1.PrivKey {
	return secp256k1.GenPrivKeyFromSecret([]byte(fmt.Sprint("operator ", i)))
}

// Operator is a validator's operator address.
func Operator(i int) sdk.ValAddress { return sdk.ValAddress(OperatorKey(i).PubKey().Address()) }

// Submitter is the account that submits for a validator.
func Submitter(i int) sdk.AccAddress {
	return sdk.AccAddress(secp256k1.GenPrivKeyFromSecret([]byte(fmt.Sprint("submitter ", i))).PubKey().Address())
}

// Signer is a validator's key for an original chain.
func Signer(i int, chain string) *secp256k1.PrivKey {
	return secp256k1.GenPrivKeyFromSecret([]byte(fmt.Sprint("signer ", i, " ", chain)))
}

// ConsensusKey is a validator's n-th consensus key.
func ConsensusKey(i, n int) *ed25519.PubKey {
	return ed25519.GenPrivKeyFromSecret([]byte(fmt.Sprint("consensus ", i, " ", n))).PubKey().(*ed25519.PubKey)
}

// Fund mints ufis for an account.
func (c *Chain) Fund(account sdk.AccAddress, amount int64) {
	coins := sdk.NewCoins(sdk.NewInt64Coin(Denom, amount))
	require.NoError(c.T, c.Bank.MintCoins(c.Ctx, minter, coins))
	require.NoError(c.T, c.Bank.SendCoinsFromModuleToAccount(c.Ctx, minter, account, coins))
}

// CreateValidator creates validator i with a stake of its own, in FIS.
func (c *Chain) CreateValidator(i int, stake int64) {
	c.T.Helper()
	amount := sdk.NewInt64Coin(Denom, stake*1_000_000)
	c.Fund(sdk.AccAddress(Operator(i)), stake*1_000_000+100)
	msg, err := stakingtypes.NewMsgCreateValidator(
		Operator(i).String(), ConsensusKey(i, 0), amount, stakingtypes.Description{Moniker: fmt.Sprint("validator ", i)},
		stakingtypes.NewCommissionRates(math.LegacyZeroDec(), math.LegacyOneDec(), math.LegacyOneDec()), math.OneInt(),
	)
	require.NoError(c.T, err)
	_, err = stakingkeeper.NewMsgServerImpl(c.Staking).CreateValidator(c.Ctx, msg)
	require.NoError(c.T, err)
}

// Proof is a proof of possession of validator i's signer for an original chain.
func Proof(i int, chain string) types.ChainKeyProof {
	signer := Signer(i, chain)
	key := types.ChainKey{ChainId: chain, Signer: signer.PubKey().Bytes()}
	proof, err := signer.Sign(types.ProofBytes(ChainID, Operator(i).String(), chain, key.Signer))
	if err != nil {
		panic(err)
	}
	return types.ChainKeyProof{Key: key, Proof: proof}
}

// Registration is validator i's, for some original chains.
func Registration(i int, chains ...string) *types.MsgRegisterCandidate {
	msg := &types.MsgRegisterCandidate{Operator: Operator(i).String(), Submitter: Submitter(i).String(), Beacon: BeaconProof(i, 0)}
	for _, chain := range chains {
		msg.Chains = append(msg.Chains, Proof(i, chain))
	}
	return msg
}

// Register registers validator i and sends a heartbeat for it. Before the first era its beacon key counts as genesis', so that it can deal
// in that.
func (c *Chain) Register(i int, chains ...string) {
	c.T.Helper()
	_, err := c.Msgs.RegisterCandidate(c.Ctx, Registration(i, chains...))
	require.NoError(c.T, err)
	c.ageBeacon(i)
	c.Heartbeat(i)
}

// Heartbeat sends one for validator i.
func (c *Chain) Heartbeat(i int) {
	c.T.Helper()
	_, err := c.Msgs.Heartbeat(c.Ctx, &types.MsgHeartbeat{Submitter: Submitter(i).String(), Version: "v1"})
	require.NoError(c.T, err)
}

// Rotate has validator i change its consensus key to its n-th.
func (c *Chain) Rotate(i, n int) error {
	msg, err := stakingtypes.NewMsgRotateConsPubKey(Operator(i).String(), ConsensusKey(i, n))
	require.NoError(c.T, err)
	_, err = stakingkeeper.NewMsgServerImpl(c.Staking).RotateConsPubKey(c.Ctx, msg)
	return err
}

// Projection is what CometBFT's set should be after this block: the bonded validators less the excluded ones, by the key that
// is to be in force, computed from x/staking alone.
func (c *Chain) Projection() map[string]int64 {
	pending, err := c.Staking.PendingConsKeyRotations(c.Ctx)
	require.NoError(c.T, err)
	set := map[string]int64{}
	err = c.Staking.IterateLastValidatorPowers(c.Ctx, func(operator sdk.ValAddress, power int64) bool {
		out, err := c.Keeper.Excluded.Has(c.Ctx, operator)
		require.NoError(c.T, err)
		if out {
			return false
		}
		validator, err := c.Staking.GetValidator(c.Ctx, operator)
		require.NoError(c.T, err)
		key, err := pending.EffectiveKeyForABCIUpdate(operator, validator)
		require.NoError(c.T, err)
		set[string(key.Address())] = power
		return false
	})
	require.NoError(c.T, err)
	return set
}

// Stored is the set that the keeper remembers to have sent.
func (c *Chain) Stored() map[string]int64 {
	producers, err := c.Keeper.Producers(c.Ctx)
	require.NoError(c.T, err)
	set := map[string]int64{}
	for _, producer := range producers {
		key, err := producer.ConsensusKey()
		require.NoError(c.T, err)
		require.True(c.T, bytes.Equal(key.Address(), producer.ConsAddress))
		_, err = cryptocodec.ToCmtPubKeyInterface(key)
		require.NoError(c.T, err)
		set[string(producer.ConsAddress)] = producer.Power
	}
	return set
}

// Powers are a CometBFT set's, by address.
func Powers(set *cmttypes.ValidatorSet) map[string]int64 {
	powers := map[string]int64{}
	for _, validator := range set.Validators {
		powers[string(validator.Address)] = validator.VotingPower
	}
	return powers
}
