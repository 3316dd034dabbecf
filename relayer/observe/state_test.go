package observe

import (
	"testing"
	"time"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

	authcodec "github.com/cosmos/cosmos-sdk/codec/address"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdktestutil "github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module/testutil"
	"github.com/cosmos/cosmos-sdk/x/auth"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/auth/vesting"
	vestingtypes "github.com/cosmos/cosmos-sdk/x/auth/vesting/types"
	"github.com/cosmos/cosmos-sdk/x/bank"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
)

// keepers are the real x/auth and x/bank over real stores.
type keepers struct {
	ctx      sdk.Context
	accounts authkeeper.AccountKeeper
	bank     bankkeeper.BaseKeeper
	stores   map[string]storetypes.StoreKey
}

func newKeepers(t *testing.T) keepers {
	keys := storetypes.NewKVStoreKeys(AuthStore, BankStore)
	ctx := sdktestutil.DefaultContextWithKeys(keys, map[string]*storetypes.TransientStoreKey{}, map[string]*storetypes.MemoryStoreKey{})
	config := testutil.MakeTestEncodingConfig(auth.AppModuleBasic{}, bank.AppModuleBasic{}, vesting.AppModuleBasic{})
	authority := authtypes.NewModuleAddress("gov").String()
	permissions := map[string][]string{"mint": {authtypes.Minter}}
	accounts := authkeeper.NewAccountKeeper(config.Codec, runtime.NewKVStoreService(keys[AuthStore]), authtypes.ProtoBaseAccount,
		permissions, authcodec.NewBech32Codec(testPrefix), testPrefix, authority)
	bank := bankkeeper.NewBaseKeeper(config.Codec, runtime.NewKVStoreService(keys[BankStore]), accounts, map[string]bool{}, authority, log.NewNopLogger())
	require.NoError(t, bank.SetParams(ctx, banktypes.DefaultParams()))
	require.NoError(t, accounts.Params.Set(ctx, authtypes.DefaultParams()))
	return keepers{ctx: ctx, accounts: accounts, bank: bank, stores: map[string]storetypes.StoreKey{AuthStore: keys[AuthStore], BankStore: keys[BankStore]}}
}

func (k keepers) raw(store string, key []byte) []byte { return k.ctx.KVStore(k.stores[store]).Get(key) }

func (k keepers) account(t *testing.T, address string) (Account, bool) {
	key, err := AccountKey(address)
	require.NoError(t, err)
	account, found, err := ReadAccount(address, k.raw(AuthStore, key))
	require.NoError(t, err)
	return account, found
}

func TestABalanceThatTheBankKeeperWroteIsReadByItsKey(t *testing.T) {
	k := newKeepers(t)
	short, long := sdk.AccAddress("twenty byte address!"), sdk.AccAddress("an address of a full 32 bytes ok")
	require.NoError(t, k.bank.MintCoins(k.ctx, "mint", sdk.NewCoins(sdk.NewInt64Coin(testDenom, 1000), sdk.NewInt64Coin("ibc/AB", 50))))
	require.NoError(t, k.bank.SendCoinsFromModuleToAccount(k.ctx, "mint", short, coins(400)))
	require.NoError(t, k.bank.SendCoinsFromModuleToAccount(k.ctx, "mint", long, sdk.NewCoins(sdk.NewInt64Coin("ibc/AB", 50))))
	for _, c := range []struct {
		address sdk.AccAddress
		denom   string
		want    int64
	}{{short, testDenom, 400}, {short, "ibc/AB", 0}, {long, "ibc/AB", 50}, {long, testDenom, 0}, {sdk.AccAddress("nobody--------------"), testDenom, 0}} {
		key, err := BalanceKey(c.address.String(), c.denom)
		require.NoError(t, err)
		amount, err := ReadBalance(k.raw(BankStore, key))
		require.NoError(t, err)
		require.Equal(t, math.NewInt(c.want), amount, "%s of %s", c.denom, c.address)
		require.Equal(t, k.bank.GetBalance(k.ctx, c.address, c.denom).Amount, amount)
	}
	key, err := BalanceKey(short.String(), testDenom)
	require.NoError(t, err)
	require.Equal(t, append(append([]byte{0x02, 20}, short...), testDenom...), key)
}

func TestAccountsThatTheAuthKeeperWroteAreReadByTheirKeys(t *testing.T) {
	k := newKeepers(t)
	owner := secp256k1.GenPrivKeyFromSecret([]byte("owner")).PubKey()
	used := k.accounts.NewAccountWithAddress(k.ctx, sdk.AccAddress(owner.Address()))
	require.NoError(t, used.SetPubKey(owner))
	require.NoError(t, used.SetSequence(9))
	k.accounts.SetAccount(k.ctx, used)
	fresh := k.accounts.NewAccountWithAddress(k.ctx, sdk.AccAddress("fresh---------------"))
	k.accounts.SetAccount(k.ctx, fresh)

	got, found := k.account(t, fresh.GetAddress().String())
	require.True(t, found)
	require.Equal(t, Account{Type: BaseAccountType, Number: fresh.GetAccountNumber()}, got)
	require.True(t, got.Plain())

	got, found = k.account(t, used.GetAddress().String())
	require.True(t, found)
	require.Equal(t, Account{Type: BaseAccountType, Number: used.GetAccountNumber(), Sequence: 9, KeyKnown: true}, got)
	require.False(t, got.Plain())

	_, found = k.account(t, testAddress("nobody"))
	require.False(t, found)
	key, err := AccountKey(fresh.GetAddress().String())
	require.NoError(t, err)
	require.Equal(t, append([]byte{0x01}, fresh.GetAddress()...), key)
}

func TestWrappedAccountsThatWereUsedAreNotPlainAndKeepTheirNumberAndSequence(t *testing.T) {
	k := newKeepers(t)
	base := func(name string) *authtypes.BaseAccount {
		account := k.accounts.NewAccountWithAddress(k.ctx, sdk.AccAddress(name)).(*authtypes.BaseAccount)
		require.NoError(t, account.SetSequence(4))
		return account
	}
	delayed, err := vestingtypes.NewDelayedVestingAccount(base("delayed-------------"), coins(5), time.Hour.Nanoseconds())
	require.NoError(t, err)
	locked, err := vestingtypes.NewPermanentLockedAccount(base("locked--------------"), coins(5))
	require.NoError(t, err)
	continuous, err := vestingtypes.NewContinuousVestingAccount(base("continuous----------"), coins(5), 1, 2)
	require.NoError(t, err)
	for _, account := range []sdk.AccountI{delayed, locked, continuous, authtypes.NewModuleAccount(base("module--------------"), "module")} {
		k.accounts.SetAccount(k.ctx, account)
		got, found := k.account(t, account.GetAddress().String())
		require.True(t, found)
		got.Vesting, got.Locked = false, nil
		require.Equal(t, Account{Type: "/" + proto.MessageName(account), Number: account.GetAccountNumber(), Sequence: 4}, got)
		require.False(t, got.Plain())
	}
}

// vestingAccounts are one of each of the SDK's types at an address, made with the given coins.
func vestingAccounts(t require.TestingT, base *authtypes.BaseAccount, locked sdk.Coins) []proto.Message {
	delayed, err := vestingtypes.NewDelayedVestingAccount(base, locked, 5)
	require.NoError(t, err)
	permanent, err := vestingtypes.NewPermanentLockedAccount(base, locked)
	require.NoError(t, err)
	continuous, err := vestingtypes.NewContinuousVestingAccount(base, locked, 1, 2)
	require.NoError(t, err)
	periodic, err := vestingtypes.NewPeriodicVestingAccount(base, locked, 1, vestingtypes.Periods{{Length: 9, Amount: locked}})
	require.NoError(t, err)
	return []proto.Message{delayed, permanent, continuous, periodic}
}

func TestAVestingAccountThatTheAuthKeeperWroteIsPlainUntilItIsUsedAndShowsWhatItWasMadeWith(t *testing.T) {
	k := newKeepers(t)
	locked := sdk.NewCoins(sdk.NewInt64Coin(testDenom, 5), sdk.NewInt64Coin("uosmo", 7))
	for i := range 4 {
		base := k.accounts.NewAccountWithAddress(k.ctx, sdk.AccAddress("vesting-------------")).(*authtypes.BaseAccount)
		account := vestingAccounts(t, base, locked)[i].(sdk.AccountI)
		k.accounts.SetAccount(k.ctx, account)
		got, _ := k.account(t, account.GetAddress().String())
		require.Equal(t, Account{
			Type: "/" + proto.MessageName(account), Number: account.GetAccountNumber(), Vesting: true, Locked: locked,
		}, got)
		require.True(t, got.Plain())
		require.Equal(t, math.NewInt(5), got.LockedIn(testDenom))
		require.Equal(t, math.ZeroInt(), got.LockedIn("uion"))

		require.NoError(t, account.SetPubKey(secp256k1.GenPrivKeyFromSecret([]byte("owner")).PubKey()))
		k.accounts.SetAccount(k.ctx, account)
		got, _ = k.account(t, account.GetAddress().String())
		require.False(t, got.Plain(), "it has signed")
		require.NoError(t, account.SetSequence(1))
	}
}

func TestAVestingAccountSuchAsTheSDKMakesNoneIsNotPlain(t *testing.T) {
	address := testAddress("a")
	coin := func(denom string, amount int64) sdk.Coin { return sdk.Coin{Denom: denom, Amount: math.NewInt(amount)} }
	of := func(address string, locked ...sdk.Coin) *vestingtypes.PermanentLockedAccount {
		return &vestingtypes.PermanentLockedAccount{BaseVestingAccount: &vestingtypes.BaseVestingAccount{
			BaseAccount: &authtypes.BaseAccount{Address: address}, OriginalVesting: locked,
		}}
	}
	packed := func(typeURL string, account proto.Message) []byte {
		bz, err := proto.Marshal(account)
		require.NoError(t, err)
		value, err := proto.Marshal(&codectypes.Any{TypeUrl: typeURL, Value: bz})
		require.NoError(t, err)
		return value
	}
	for name, c := range map[string]struct {
		value []byte
		plain bool
	}{
		"one that the SDK makes":         {packed(PermanentLockedType, of(address, coin(testDenom, 5))), true},
		"nothing locked":                 {packed(PermanentLockedType, of(address)), true},
		"an amount of 0":                 {packed(PermanentLockedType, of(address, coin(testDenom, 0))), true},
		"a negative amount":              {packed(PermanentLockedType, of(address, coin(testDenom, -5))), false},
		"a negative amount of another":   {packed(PermanentLockedType, of(address, coin(testDenom, 5), coin("uosmo", -5))), false},
		"a denom twice":                  {packed(PermanentLockedType, of(address, coin(testDenom, 5), coin(testDenom, 5))), false},
		"another address":                {packed(PermanentLockedType, of(testAddress("b"), coin(testDenom, 5))), false},
		"another chain's vesting":        {packed("/evmos.vesting.v2.ClawbackVestingAccount", of(address, coin(testDenom, 5))), false},
		"a base account by a wrong name": {packed(PermanentLockedType, &authtypes.BaseAccount{Address: address}), false},
		"a module's account":             {packed("/cosmos.auth.v1beta1.ModuleAccount", &authtypes.ModuleAccount{BaseAccount: &authtypes.BaseAccount{Address: address}}), false},
	} {
		t.Run(name, func(t *testing.T) {
			account, found, err := ReadAccount(address, c.value)
			require.NoError(t, err)
			require.True(t, found)
			require.Equal(t, c.plain, account.Plain())
			if !c.plain {
				require.Equal(t, math.ZeroInt(), account.LockedIn(testDenom))
			}
		})
	}
}

func TestAnAccountOfAnUnknownTypeIsNotPlain(t *testing.T) {
	value, err := proto.Marshal(&codectypes.Any{TypeUrl: "/future.Account", Value: []byte{0xff}})
	require.NoError(t, err)
	got, found, err := ReadAccount(testAddress("a"), value)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, Account{Type: "/future.Account"}, got)
	require.False(t, got.Plain())
}

func TestStateValuesThatAreNeitherBalanceNorAccountAreRefused(t *testing.T) {
	legacy, err := proto.Marshal(&sdk.Coin{Denom: testDenom, Amount: math.NewInt(12)})
	require.NoError(t, err)
	amount, err := ReadBalance(legacy)
	require.NoError(t, err)
	require.Equal(t, math.NewInt(12), amount)
	for _, value := range [][]byte{{}, []byte("-5"), []byte("five"), {0x0a, 0x05}} {
		_, err := ReadBalance(value)
		require.ErrorIs(t, err, ErrState, "%q", value)
	}
	other, err := proto.Marshal(&authtypes.BaseAccount{Address: testAddress("other")})
	require.NoError(t, err)
	misplaced, err := proto.Marshal(&codectypes.Any{TypeUrl: BaseAccountType, Value: other})
	require.NoError(t, err)
	for _, value := range [][]byte{{}, {0x0a, 0x05}, misplaced} {
		_, _, err := ReadAccount(testAddress("a"), value)
		require.ErrorIs(t, err, ErrState, "%q", value)
	}
}

func TestKeysOfMalformedAddressesAreRefused(t *testing.T) {
	for _, address := range []string{"", "cosmos1", "0x00"} {
		_, err := BalanceKey(address, testDenom)
		require.ErrorIs(t, err, ErrInput, address)
		_, err = AccountKey(address)
		require.ErrorIs(t, err, ErrInput, address)
	}
}

func FuzzReadState(f *testing.F) {
	f.Add([]byte("100"), testAddress("a"))
	base, err := codectypes.NewAnyWithValue(&authtypes.BaseAccount{Address: testAddress("a"), Sequence: 2})
	require.NoError(f, err)
	value, err := proto.Marshal(base)
	require.NoError(f, err)
	f.Add(value, testAddress("a"))
	for _, account := range vestingAccounts(f, &authtypes.BaseAccount{Address: testAddress("a")}, coins(5)) {
		vesting, err := codectypes.NewAnyWithValue(account)
		require.NoError(f, err)
		value, err := proto.Marshal(vesting)
		require.NoError(f, err)
		f.Add(value, testAddress("a"))
	}
	f.Fuzz(func(t *testing.T, value []byte, address string) {
		if amount, err := ReadBalance(value); err == nil {
			require.False(t, amount.IsNil() || amount.IsNegative())
		} else {
			require.ErrorIs(t, err, ErrState)
		}
		account, found, err := ReadAccount(address, value)
		if err != nil {
			require.ErrorIs(t, err, ErrState)
		}
		if found {
			require.NotEmpty(t, account.Type)
			require.False(t, account.LockedIn(testDenom).IsNegative())
		}
	})
}
