package keeper_test

import (
	"context"
	"errors"
	"testing"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"
	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/codec"
	codectestutil "github.com/cosmos/cosmos-sdk/codec/testutil"
	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/store/v2"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/stafiprotocol/stafid/x/multisig/keeper"
	"github.com/stafiprotocol/stafid/x/multisig/testutil"
	"github.com/stafiprotocol/stafid/x/multisig/types"
)

var authority = authtypes.NewModuleAddress("gov").String()

// submitters is x/ssv's part: a real store, so that its read is in the gas that a submission uses.
type submitters struct {
	operators collections.Map[[]byte, string]
}

func (s submitters) OperatorOf(ctx context.Context, submitter sdk.AccAddress) (string, bool, error) {
	operator, err := s.operators.Get(ctx, submitter)
	if errors.Is(err, collections.ErrNotFound) {
		return "", false, nil
	}
	return operator, err == nil, err
}

// settlement is one call of the hook.
type settlement struct {
	height  int64
	vault   types.Vault
	session types.Session
	tally   types.Tally
	results []types.MemberResult
}

// recorder is the hooks' receiver; fail makes it fail.
type recorder struct {
	settled []settlement
	rogues  []types.RogueSignature
	fail    func() error
}

func (r *recorder) AfterSessionSettled(ctx context.Context, v types.Vault, s types.Session, t types.Tally, results []types.MemberResult) error {
	r.settled = append(r.settled, settlement{sdk.UnwrapSDKContext(ctx).BlockHeight(), v, s, t, results})
	if r.fail != nil {
		return r.fail()
	}
	return nil
}

func (r *recorder) AfterRogueSignature(_ context.Context, _ types.Vault, rogue types.RogueSignature) error {
	r.rogues = append(r.rogues, rogue)
	if r.fail != nil {
		return r.fail()
	}
	return nil
}

// fixture is the module on a real store.
type fixture struct {
	t          testing.TB
	ctx        sdk.Context
	keeper     keeper.Keeper
	cdc        codec.Codec
	store      *storetypes.KVStoreKey
	submitters submitters
	hooks      *recorder
	msg        types.MsgServer
	query      types.QueryServer
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	keys := storetypes.NewKVStoreKeys(types.StoreKey, "submitters")
	registry := codectestutil.CodecOptions{AccAddressPrefix: "cosmos"}.NewInterfaceRegistry()
	types.RegisterInterfaces(registry)
	f := &fixture{
		t: t, ctx: newContext(t, keys),
		cdc: codec.NewProtoCodec(registry), hooks: new(recorder), store: keys[types.StoreKey],
	}
	sb := collections.NewSchemaBuilder(runtime.NewKVStoreService(keys["submitters"]))
	f.submitters.operators = collections.NewMap(sb, collections.NewPrefix(1), "submitters", collections.BytesKey, collections.StringValue)
	_, err := sb.Build()
	require.NoError(t, err)
	f.keeper = keeper.NewKeeper(f.cdc, runtime.NewKVStoreService(keys[types.StoreKey]), authority, f.submitters)
	f.keeper.SetHooks(f.hooks)
	f.msg, f.query = keeper.NewMsgServer(f.keeper), keeper.NewQueryServer(f.keeper)
	require.NoError(t, f.keeper.InitGenesis(f.ctx, *types.DefaultGenesis()))
	return f
}

// newContext is block 1 on empty stores that can be committed.
func newContext(t testing.TB, keys map[string]*storetypes.KVStoreKey) sdk.Context {
	t.Helper()
	cms := store.NewCommitMultiStore(dbm.NewMemDB(), log.NewNopLogger())
	for _, key := range keys {
		cms.MountStoreWithDB(key, storetypes.StoreTypeIAVL, nil)
	}
	require.NoError(t, cms.LoadLatestVersion())
	return sdk.NewContext(cms, cmtproto.Header{Height: 1}, false, log.NewNopLogger())
}

// setParams changes the parameters.
func (f *fixture) setParams(change func(*types.Params)) {
	f.t.Helper()
	params, err := f.keeper.Params.Get(f.ctx)
	require.NoError(f.t, err)
	change(&params)
	require.NoError(f.t, params.Validate())
	require.NoError(f.t, f.keeper.Params.Set(f.ctx, params))
}

// register makes the members' submitters known.
func (f *fixture) register(members []testutil.Member) {
	f.t.Helper()
	for _, member := range members {
		require.NoError(f.t, f.submitters.operators.Set(f.ctx, member.Submitter, member.Operator))
	}
}

func newVault(members []testutil.Member, threshold uint32) types.NewVault {
	return types.NewVault{
		Contract: 1, Era: 7, Kind: types.CHAIN_KIND_COSMOS, ChainID: "wasm-1", Bech32Prefix: "cosmos",
		Signers: testutil.Signers(members), Threshold: threshold,
	}
}

// activeVault makes a contract's vault whose account is proven, ACTIVE.
func (f *fixture) activeVault(members []testutil.Member, threshold uint32) types.Vault {
	f.t.Helper()
	f.register(members)
	vault, err := f.keeper.CreateVault(f.ctx, newVault(members, threshold))
	require.NoError(f.t, err)
	require.NoError(f.t, f.keeper.SetVaultAccount(f.ctx, vault.Id, 17, 0))
	require.NoError(f.t, f.keeper.SetVaultStatus(f.ctx, vault.Id, types.VAULT_STATUS_ACTIVE))
	vault, err = f.keeper.Vault(f.ctx, vault.Id)
	require.NoError(f.t, err)
	return vault
}

func recipient(name string) string {
	return sdk.MustBech32ifyAddressBytes("cosmos", testutil.NewMember(name).Submitter)
}

func payoutOf(vault uint64) types.NewSession {
	return types.NewSession{
		Vault: vault, Purpose: types.PURPOSE_PAYOUT, Denom: "uatom", GasLimit: 200_000, TimeoutHeight: 5_000, Obliged: true,
		Outputs: []types.Output{
			{Address: recipient("alice"), Amount: math.NewInt(1_000)}, {Address: recipient("bob"), Amount: math.NewInt(2_000)},
		},
		Fee: sdk.NewInt64Coin("uatom", 4_000),
	}
}

func (f *fixture) open(vault uint64) types.Session {
	f.t.Helper()
	session, err := f.keeper.OpenSession(f.ctx, payoutOf(vault))
	require.NoError(f.t, err)
	return session
}

func (f *fixture) session(id uint64) (types.Session, types.Tally) {
	f.t.Helper()
	session, tally, err := f.keeper.Session(f.ctx, id)
	require.NoError(f.t, err)
	return session, tally
}

func (f *fixture) status(id uint64) types.SessionStatus {
	f.t.Helper()
	_, tally := f.session(id)
	return tally.Status
}

// signature is the member's valid one on a session.
func (f *fixture) signature(member testutil.Member, session uint64) []byte {
	f.t.Helper()
	info, err := f.query.Session(f.ctx, &types.QuerySessionRequest{Id: session})
	require.NoError(f.t, err)
	signature, err := member.Sign(*info.Payload.CosmosPayload())
	require.NoError(f.t, err)
	return signature
}

// submit sends signatures by the member's submitter; a failed message writes nothing, as in a transaction.
func (f *fixture) submit(member testutil.Member, session uint64, signatures ...[]byte) (*types.MsgSubmitSignaturesResponse, error) {
	ctx, write := f.ctx.CacheContext()
	response, err := f.msg.SubmitSignatures(ctx, &types.MsgSubmitSignatures{
		Submitter: member.Submitter.String(), Session: session, Signatures: signatures,
	})
	if err == nil {
		write()
	}
	return response, err
}

// sign has members submit valid signatures.
func (f *fixture) sign(session uint64, members ...testutil.Member) {
	f.t.Helper()
	for _, member := range members {
		response, err := f.submit(member, session, f.signature(member, session))
		require.NoError(f.t, err)
		require.True(f.t, response.Accepted)
	}
}

// endBlock ends the current block and begins the next.
func (f *fixture) endBlock() {
	f.t.Helper()
	require.NoError(f.t, f.keeper.EndBlock(f.ctx))
	f.ctx = f.ctx.WithBlockHeight(f.ctx.BlockHeight() + 1)
}

// endBlocksThrough ends blocks up to and including a height.
func (f *fixture) endBlocksThrough(height int64) {
	f.t.Helper()
	for f.ctx.BlockHeight() <= height {
		f.endBlock()
	}
}

// export returns the genesis state, which must be valid.
func (f *fixture) export() types.GenesisState {
	f.t.Helper()
	gs, err := f.keeper.ExportGenesis(f.ctx)
	require.NoError(f.t, err)
	require.NoError(f.t, gs.Validate())
	return *gs
}

// unchanged runs a step that must fail with an error and leave the state as it was.
func (f *fixture) unchanged(want error, step func(sdk.Context) error) {
	f.t.Helper()
	before := f.export()
	ctx, _ := f.ctx.CacheContext()
	require.ErrorIs(f.t, step(ctx), want)
	require.Equal(f.t, before, f.export())
	after, err := f.keeper.ExportGenesis(ctx)
	require.NoError(f.t, err)
	require.Equal(f.t, before, *after, "nothing is written before the error")
}

// storeSize counts the module's records, of every collection.
func (f *fixture) storeSize() int {
	f.t.Helper()
	iterator := f.ctx.KVStore(f.store).Iterator(nil, nil)
	size := 0
	for ; iterator.Valid(); iterator.Next() {
		size++
	}
	require.NoError(f.t, iterator.Close())
	return size
}
