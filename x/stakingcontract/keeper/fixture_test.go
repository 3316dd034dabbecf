package keeper_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"
	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/codec"
	addresscodec "github.com/cosmos/cosmos-sdk/codec/address"
	codectestutil "github.com/cosmos/cosmos-sdk/codec/testutil"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/store/v2"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/bech32"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"
	slashingkeeper "github.com/cosmos/cosmos-sdk/x/slashing/keeper"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	multisigkeeper "github.com/stafiprotocol/stafid/x/multisig/keeper"
	multisigtest "github.com/stafiprotocol/stafid/x/multisig/testutil"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	ssvkeeper "github.com/stafiprotocol/stafid/x/ssv/keeper"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/keeper"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

const (
	chainID    = "stafi-test"
	prefix     = "stafi"
	rtoken     = "ruatom"
	checkpoint = 100
)

// fixture is the module on real stores with the real keepers of x/auth, x/bank, x/staking, x/ssv and x/multisig. Only the clock of x/ssv's eras is
// turned by hand.
type fixture struct {
	t        tb
	ctx      sdk.Context
	cdc      codec.Codec
	keeper   keeper.Keeper
	bank     bankkeeper.BaseKeeper
	multisig *multisigkeeper.Keeper
	ssv      *ssvkeeper.Keeper
	staking  *stakingkeeper.Keeper
	msg      types.MsgServer
	query    types.QueryServer
	sign     multisigtypes.MsgServer
	members  map[string]multisigtest.Member
	chain    *originalChain
	// safe is there instead of chain where the contract is on Ethereum.
	safe   *safeChain
	undone []string
	alarms []string
	// judged is true where x/ssv hears of sessions and ends blocks too.
	judged bool
	// silent operators give no sign of life, whatever votes tests make in their name.
	silent []string
}

// tb is what tests, benchmarks and rapid have in common.
type tb interface {
	require.TestingT
	Helper()
	Fatalf(format string, values ...any)
}

func TestMain(m *testing.M) {
	sdk.GetConfig().SetBech32PrefixForAccount(prefix, prefix+"pub")
	sdk.GetConfig().SetBech32PrefixForValidator(prefix+"valoper", prefix+"valoperpub")
	sdk.GetConfig().SetBech32PrefixForConsensusNode(prefix+"valcons", prefix+"valconspub")
	os.Exit(m.Run())
}

// watch is a logger that keeps what EndBlock undid and what it raised an alarm for.
type watch struct {
	log.Logger
	f *fixture
}

func (w watch) With(...any) log.Logger { return w }

func (w watch) Error(message string, values ...any) {
	if message == "alarm" || message == "a member keeps its seat for want of a standby" {
		w.f.alarms = append(w.f.alarms, fmt.Sprint(values...))
		return
	}
	w.f.undone = append(w.f.undone, fmt.Sprint(message, values))
}

func authority() string { return bech(prefix, authtypes.NewModuleAddress("gov")) }

func bech(prefix string, address []byte) string {
	text, err := bech32.ConvertAndEncode(prefix, address)
	if err != nil {
		panic(err)
	}
	return text
}

// user is an account of this chain by name; staker the same person's account and key on the original chain.
func user(name string) sdk.AccAddress {
	return sdk.AccAddress(stakerKey(name).PubKey().Address())
}

func userText(name string) string { return bech(prefix, user(name)) }

func stakerKey(name string) *secp256k1.PrivKey {
	return secp256k1.GenPrivKeyFromSecret([]byte("user " + name))
}

func staker(name string) string { return bech("cosmos", user(name)) }

func atom(amount int64) math.Int { return math.NewInt(amount) }

func newFixture(t tb) *fixture {
	t.Helper()
	keys := storetypes.NewKVStoreKeys(
		authtypes.StoreKey, banktypes.StoreKey, stakingtypes.StoreKey, slashingtypes.StoreKey, ssvtypes.StoreKey, multisigtypes.StoreKey, types.StoreKey,
	)
	registry := codectestutil.CodecOptions{AccAddressPrefix: prefix, ValAddressPrefix: prefix + "valoper"}.NewInterfaceRegistry()
	for _, register := range []func(codectypes.InterfaceRegistry){
		cryptocodec.RegisterInterfaces, authtypes.RegisterInterfaces, banktypes.RegisterInterfaces, stakingtypes.RegisterInterfaces, multisigtypes.RegisterInterfaces, types.RegisterInterfaces,
	} {
		register(registry)
	}
	f := &fixture{t: t, cdc: codec.NewProtoCodec(registry), members: map[string]multisigtest.Member{}}
	f.ctx = newContext(t, keys).WithBlockHeight(1).WithChainID(chainID).
		WithBlockTime(time.Unix(1_700_000_000, 0).UTC()).WithEventManager(sdk.NewEventManager()).WithLogger(watch{Logger: log.NewNopLogger(), f: f})
	f.wire(keys)
	f.start()
	return f
}

// newContext is a context on empty stores that can be committed.
func newContext(t tb, keys map[string]*storetypes.KVStoreKey) sdk.Context {
	cms := store.NewCommitMultiStore(dbm.NewMemDB(), log.NewNopLogger())
	for _, key := range keys {
		cms.MountStoreWithDB(key, storetypes.StoreTypeIAVL, nil)
	}
	require.NoError(t, cms.LoadLatestVersion())
	return sdk.NewContext(cms, cmtproto.Header{}, false, log.NewNopLogger())
}

func (f *fixture) wire(keys map[string]*storetypes.KVStoreKey) {
	accounts := addresscodec.NewBech32Codec(prefix)
	permissions := map[string][]string{
		types.ModuleName: {authtypes.Minter, authtypes.Burner}, minttypes.ModuleName: {authtypes.Minter},
		stakingtypes.BondedPoolName: {authtypes.Burner, authtypes.Staking}, stakingtypes.NotBondedPoolName: {authtypes.Burner, authtypes.Staking},
		stakingtypes.KeyRotationFeePoolName: {authtypes.Burner},
	}
	account := authkeeper.NewAccountKeeper(
		f.cdc, runtime.NewKVStoreService(keys[authtypes.StoreKey]), authtypes.ProtoBaseAccount, permissions, accounts, prefix, authority(),
	)
	blocked := map[string]bool{bech(prefix, authtypes.NewModuleAddress(types.ModuleName)): true}
	f.bank = bankkeeper.NewBaseKeeper(
		f.cdc, runtime.NewKVStoreService(keys[banktypes.StoreKey]), account, blocked, authority(), log.NewNopLogger(),
	)
	staking := stakingkeeper.NewKeeper(
		f.cdc, runtime.NewKVStoreService(keys[stakingtypes.StoreKey]), account, f.bank, authority(),
		addresscodec.NewBech32Codec(prefix+"valoper"), addresscodec.NewBech32Codec(prefix+"valcons"),
	)
	f.staking = staking
	f.ssv = ssvkeeper.NewKeeper(ssvkeeper.Options{
		Codec: f.cdc, Store: runtime.NewKVStoreService(keys[ssvtypes.StoreKey]), Authority: authority(), Addresses: accounts, Staking: staking,
	})
	multisig := multisigkeeper.NewKeeper(f.cdc, runtime.NewKVStoreService(keys[multisigtypes.StoreKey]), authority(), f.ssv)
	f.multisig = &multisig
	f.keeper = keeper.NewKeeper(
		f.cdc, runtime.NewKVStoreService(keys[types.StoreKey]), account, f.bank, f.multisig, f.ssv, authority(),
	)
	f.bank.AppendSendRestriction(f.keeper.NoteInflow)
	slashing := slashingkeeper.NewKeeper(f.cdc, codec.NewLegacyAmino(), runtime.NewKVStoreService(keys[slashingtypes.StoreKey]), staking, authority())
	require.NoError(f.t, slashing.SetParams(f.ctx, slashingtypes.DefaultParams()))
	f.ssv.SetSlashingKeeper(slashing)
	f.ssv.SetHooks(f.keeper.Hooks())
	f.msg, f.query = keeper.NewMsgServer(f.keeper), keeper.NewQueryServer(f.keeper)
	f.sign = multisigkeeper.NewMsgServer(*f.multisig)
	require.NoError(f.t, account.Params.Set(f.ctx, authtypes.DefaultParams()))
	require.NoError(f.t, f.bank.SetParams(f.ctx, banktypes.DefaultParams()))
	require.NoError(f.t, staking.SetParams(f.ctx, stakingtypes.DefaultParams()))
	f.bond(staking)
}

// bond makes forty bonded validators of equal stake, the candidates of every test.
func (f *fixture) bond(staking *stakingkeeper.Keeper) {
	pool := sdk.NewCoins(sdk.NewInt64Coin(sdk.DefaultBondDenom, 400_000_000_000))
	require.NoError(f.t, f.bank.MintCoins(f.ctx, minttypes.ModuleName, pool))
	require.NoError(f.t, f.bank.SendCoinsFromModuleToModule(f.ctx, minttypes.ModuleName, stakingtypes.BondedPoolName, pool))
	for i := range 40 {
		member := multisigtest.NewMember(fmt.Sprintf("candidate %d", i))
		f.members[member.Operator] = member
		raw := f.operator(member.Operator)
		validator, err := stakingtypes.NewValidator(member.Operator, ed25519.GenPrivKeyFromSecret(raw).PubKey(), stakingtypes.Description{})
		require.NoError(f.t, err)
		validator.Status, validator.Tokens = stakingtypes.Bonded, math.NewInt(10_000_000_000)
		require.NoError(f.t, staking.SetValidator(f.ctx, validator))
		require.NoError(f.t, staking.SetValidatorByConsAddr(f.ctx, validator))
		require.NoError(f.t, staking.SetLastValidatorPower(f.ctx, raw, 10_000))
		require.NoError(f.t, f.ssv.Submitters.Set(f.ctx, member.Submitter, raw))
		require.NoError(f.t, f.ssv.Candidates.Set(f.ctx, raw, ssvtypes.Candidate{
			Operator: member.Operator, Submitter: bech(prefix, member.Submitter),
			Chains: []ssvtypes.ChainKey{
				{ChainId: "cosmoshub-4", Signer: member.Signer().Key}, {ChainId: "eip155-1", Signer: member.Signer().Key},
			},
		}))
	}
}

func (f *fixture) operator(text string) sdk.ValAddress {
	_, raw, err := bech32.DecodeAndConvert(text)
	require.NoError(f.t, err)
	return raw
}

func (f *fixture) start() {
	params := ssvtypes.DefaultParams()
	require.NoError(f.t, f.ssv.Params.Set(f.ctx, params))
	f.setEra(1)
	require.NoError(f.t, f.multisig.InitGenesis(f.ctx, *multisigtypes.DefaultGenesis()))
	f.multisigParams(func(p *multisigtypes.Params) { p.SessionBlocks = 5 })
	genesis := types.DefaultGenesis()
	genesis.Params.PayoutInterval = 1
	genesis.Params.ProposePatience = 0
	genesis.Params.SweepInterval = 1
	require.NoError(f.t, f.keeper.InitGenesis(f.ctx, *genesis))
	f.chain = newOriginalChain(f)
}

func (f *fixture) multisigParams(change func(*multisigtypes.Params)) {
	params, err := f.multisig.Params.Get(f.ctx)
	require.NoError(f.t, err)
	change(&params)
	require.NoError(f.t, f.multisig.Params.Set(f.ctx, params))
}

func (f *fixture) params(change func(*types.Params)) {
	params, err := f.keeper.Params(f.ctx)
	require.NoError(f.t, err)
	change(&params)
	_, err = f.msg.UpdateParams(f.ctx, &types.MsgUpdateParams{Authority: authority(), Params: params})
	require.NoError(f.t, err)
}

func (f *fixture) setEra(number uint64) {
	now := f.ctx.BlockTime()
	require.NoError(f.t, f.ssv.Era.Set(f.ctx, ssvtypes.Era{
		Number: number, StartHeight: f.ctx.BlockHeight(), StartTime: now, EndTime: now.Add(24 * time.Hour), HeartbeatInterval: 50,
	}))
}

// nextEra turns the clock of x/ssv on and tells the contracts, as its era change does.
func (f *fixture) nextEra() {
	era, err := f.ssv.CurrentEra(f.ctx)
	require.NoError(f.t, err)
	f.setEra(era.Number + 1)
	era, err = f.ssv.CurrentEra(f.ctx)
	require.NoError(f.t, err)
	require.NoError(f.t, f.keeper.Hooks().AfterEraStarted(f.ctx, era))
}

// candidates returns the candidates numbered from..from+n.
func (f *fixture) candidates(from, n int) []multisigtest.Member {
	members := make([]multisigtest.Member, n)
	for i := range members {
		members[i] = multisigtest.NewMember(fmt.Sprintf("candidate %d", from+i))
	}
	return members
}

func seats(members []multisigtest.Member) []ssvtypes.Member {
	out := make([]ssvtypes.Member, len(members))
	for i, m := range members {
		out[i] = ssvtypes.Member{Operator: m.Operator, Signer: m.Signer().Key, Weight: 10_000}
	}
	return out
}

// seat seats a committee in x/ssv and tells the contract.
func (f *fixture) seat(members, standbys []multisigtest.Member, threshold uint32) {
	era, err := f.ssv.CurrentEra(f.ctx)
	require.NoError(f.t, err)
	committee := ssvtypes.Committee{
		Contract: 1, Era: era.Number, ChainId: f.contract().ChainId, Threshold: threshold, Members: seats(members), Standbys: seats(standbys),
		Origin: ssvtypes.COMMITTEE_ORIGIN_ELECTED,
	}
	require.NoError(f.t, f.ssv.Committees.Set(f.ctx, collections.Join(committee.Era, committee.Contract), committee))
	require.NoError(f.t, f.ssv.Seats.Set(f.ctx, committee.Contract, committee.Era))
	require.NoError(f.t, f.keeper.Hooks().AfterCommitteeSeated(f.ctx, committee))
}

func contract() types.Contract {
	hash := sha256.Sum256([]byte("checkpoint"))
	return types.Contract{
		ChainId: "cosmoshub-4", Kind: multisigtypes.CHAIN_KIND_COSMOS, Denom: "uatom", RtokenDenom: rtoken, Symbol: "ATOM", Decimals: 6,
		Tiers: []types.Tier{{MinAssets: math.ZeroInt(), Size_: 4, Threshold: 3}}, MinSize: 3,
		Limits: types.Limits{
			MinDeposit: atom(1_000), MaxAssets: atom(1_000_000_000_000), RedemptionFee: atom(100), ReserveMin: atom(10_000), MinSweep: atom(5_000),
			MaxOutflowPerEra: math.LegacyOneDec(), MinOutflow: atom(1_000_000), MaxOutputs: 10,
		},
		Cosmos: &types.CosmosChain{
			Bech32Prefix: "cosmos", TxSigLimit: 7, GasPrice: math.LegacyMustNewDecFromStr("0.0005"), GasBase: 100_000, GasPerSignature: 10_000,
			GasPerOutput: 20_000, TimeoutBlocks: 100, MaxObservationLag: 50, CheckpointHeight: checkpoint, CheckpointHash: hash[:],
			TrustingPeriod: 14 * 24 * time.Hour, BlockedAddresses: []string{staker("blocked")},
		},
	}
}

func (f *fixture) deploy(change ...func(*types.Contract)) uint64 {
	f.t.Helper()
	c := contract()
	for _, apply := range change {
		apply(&c)
	}
	response, err := f.msg.DeployContract(f.ctx, &types.MsgDeployContract{Authority: authority(), Contract: c})
	require.NoError(f.t, err)
	return response.Contract
}

// running is a fixture with a contract whose first vault is ACTIVE and whose reserve is funded with a million.
func running(t tb, change ...func(*types.Contract)) *fixture {
	t.Helper()
	f := newFixture(t)
	f.deploy(change...)
	f.seat(f.candidates(0, 4), f.candidates(10, 4), 3)
	f.openAccount()
	f.chain.deposit(f.state().ActiveVault, staker("funder"), types.ReserveMemo, 999_999)
	f.observe()
	require.Equal(t, atom(1_000_000).String(), f.state().Reserve.String())
	return f
}

// openAccount has the PENDING vault's account created with one base unit and proven plain.
func (f *fixture) openAccount() {
	f.t.Helper()
	pending := f.state().PendingVault
	f.chain.open(pending)
	f.observe()
}

func (f *fixture) state() types.ContractState {
	state, err := f.keeper.State(f.ctx, 1)
	require.NoError(f.t, err)
	return state
}

func (f *fixture) vault(id uint64) multisigtypes.Vault {
	vault, err := f.multisig.Vault(f.ctx, id)
	require.NoError(f.t, err)
	return vault
}

// block ends a block: x/multisig, then this module, of which no step may fail.
func (f *fixture) block() {
	f.t.Helper()
	f.signsOfLife()
	require.NoError(f.t, f.multisig.EndBlock(f.ctx))
	if f.judged {
		_, err := f.ssv.EndBlock(f.ctx)
		require.NoError(f.t, err)
	}
	require.NoError(f.t, f.keeper.EndBlock(f.ctx))
	require.Empty(f.t, f.undone, "steps undone in EndBlock")
	f.ctx = f.ctx.WithBlockHeight(f.ctx.BlockHeight() + 1).WithBlockTime(f.ctx.BlockTime().Add(6 * time.Second)).
		WithEventManager(sdk.NewEventManager())
}

// signsOfLife has every candidate but the silent ones give a sign of life.
func (f *fixture) signsOfLife() {
	for operator := range f.members {
		raw := f.operator(operator)
		if slices.Contains(f.silent, operator) {
			require.NoError(f.t, f.ssv.Liveness.Remove(f.ctx, raw))
			continue
		}
		live, _ := f.ssv.Liveness.Get(f.ctx, raw)
		live.Height = f.ctx.BlockHeight()
		require.NoError(f.t, f.ssv.Liveness.Set(f.ctx, raw, live))
	}
}

func (f *fixture) blocks(n int) {
	for range n {
		f.block()
	}
}

// books checks protocol §9's equality, that escrow is what redemptions hold, and that no record is negative.
func (f *fixture) books() {
	f.t.Helper()
	sums, err := f.keeper.Solvency(f.ctx, 1)
	require.NoError(f.t, err)
	require.True(f.t, sums.Surplus().IsZero(), "surplus %s of %+v", sums.Surplus(), sums)
	f.escrow()
}

func (f *fixture) escrow() {
	f.t.Helper()
	genesis, err := f.keeper.ExportGenesis(f.ctx)
	require.NoError(f.t, err)
	escrowed := math.ZeroInt()
	for _, entry := range genesis.Redemptions {
		escrowed = escrowed.Add(entry.Redemption.Escrowed())
	}
	held := f.bank.GetBalance(f.ctx, authtypes.NewModuleAddress(types.ModuleName), f.contract().RtokenDenom)
	require.Equal(f.t, escrowed.String(), held.Amount.String(), "escrow")
	unswept := math.ZeroInt()
	for _, ledger := range genesis.Ledgers {
		require.False(f.t, ledger.Balance.IsNegative(), "balance of vault %d", ledger.Vault)
		require.False(f.t, ledger.Unswept.IsNegative(), "unswept of vault %d", ledger.Vault)
		require.LessOrEqual(f.t, ledger.Moved, ledger.Deposits)
		unswept = unswept.Add(ledger.Unswept)
	}
	waiting := math.ZeroInt()
	for _, d := range genesis.Deposits {
		if d.Status.Waiting() && d.Ordinal > ledgerOf(genesis, d.Vault).Moved {
			waiting = waiting.Add(d.Worth())
		}
	}
	require.Equal(f.t, waiting.String(), unswept.String(), "unswept deposits")
	committed := math.ZeroInt()
	for _, batch := range genesis.Batches {
		if batch.Committed {
			committed = committed.Add(batch.Fee)
		}
	}
	require.Equal(f.t, committed.String(), genesis.States[0].FeesCommitted.String(), "fees committed")
	require.False(f.t, genesis.States[0].Reserve.IsNegative(), "reserve")
}

func ledgerOf(genesis *types.GenesisState, vault uint64) types.Ledger {
	for _, ledger := range genesis.Ledgers {
		if ledger.Vault == vault {
			return ledger
		}
	}
	return types.Ledger{}
}

func (f *fixture) held(name string) int64 {
	return f.bank.GetBalance(f.ctx, user(name), f.contract().RtokenDenom).Amount.Int64()
}

func (f *fixture) contract() types.Contract {
	contract, err := f.keeper.Contract(f.ctx, 1)
	require.NoError(f.t, err)
	return contract
}

func (f *fixture) deposit(txHash []byte, index uint32) types.Deposit {
	f.t.Helper()
	d, err := f.keeper.Deposit(f.ctx, 1, txHash, index)
	require.NoError(f.t, err)
	return d
}

func (f *fixture) redemption(id uint64) types.RedemptionInfo {
	f.t.Helper()
	response, err := f.query.Redemption(f.ctx, &types.QueryRedemptionRequest{Id: id})
	require.NoError(f.t, err)
	return response.Info
}

func (f *fixture) redeem(name string, amount int64, recipient string) (uint64, error) {
	response, err := f.msg.Redeem(f.ctx, &types.MsgRedeem{Redeemer: userText(name), Contract: 1, Amount: atom(amount), Recipient: recipient})
	if err != nil {
		return 0, err
	}
	return response.Redemption, nil
}

// fund gives an account rTokens by a deposit.
func (f *fixture) fund(name string, amount int64) {
	f.t.Helper()
	f.chain.deposit(f.state().ActiveVault, staker(name), userText(name), amount)
	f.observe()
}
