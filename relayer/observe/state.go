package observe

import (
	"fmt"

	"github.com/cosmos/gogoproto/proto"
	"google.golang.org/protobuf/encoding/protowire"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/bech32"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	vestingtypes "github.com/cosmos/cosmos-sdk/x/auth/vesting/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// Stores of a Cosmos SDK chain in which balances and accounts are proven.
const (
	BankStore = banktypes.StoreKey
	AuthStore = authtypes.StoreKey
)

// BaseAccountType is the type URL of a plain account.
const BaseAccountType = "/cosmos.auth.v1beta1.BaseAccount"

// Type URLs of the SDK's vesting accounts.
const (
	ContinuousVestingType = "/cosmos.vesting.v1beta1.ContinuousVestingAccount"
	DelayedVestingType    = "/cosmos.vesting.v1beta1.DelayedVestingAccount"
	PeriodicVestingType   = "/cosmos.vesting.v1beta1.PeriodicVestingAccount"
	PermanentLockedType   = "/cosmos.vesting.v1beta1.PermanentLockedAccount"
)

// maxAccountDepth is how deep a base account may be wrapped in others (a periodic vesting account: 2).
const maxAccountDepth = 4

// BalanceKey is the key in BankStore of an account's balance in a denom: 0x02, the address' length in one byte, the address, the
// denom. Error: ErrInput for an address that is not bech32.
func BalanceKey(address, denom string) ([]byte, error) {
	bz, err := addressBytes(address)
	if err != nil {
		return nil, err
	}
	codec := collections.PairKeyCodec(sdk.AccAddressKey, collections.StringKey)
	return collections.EncodeKeyWithPrefix(banktypes.BalancesPrefix, codec, collections.Join(sdk.AccAddress(bz), denom))
}

// AccountKey is the key in AuthStore of an account: 0x01, the address. Error: ErrInput for an address that is not bech32.
func AccountKey(address string) ([]byte, error) {
	bz, err := addressBytes(address)
	if err != nil {
		return nil, err
	}
	return collections.EncodeKeyWithPrefix(authtypes.AddressStoreKeyPrefix, sdk.AccAddressKey, bz)
}

func addressBytes(address string) ([]byte, error) {
	_, bz, err := bech32.DecodeAndConvert(address)
	if err != nil || len(bz) == 0 || len(bz) > 255 {
		return nil, fmt.Errorf("%w: address %q, want bech32 of 1 to 255 bytes", ErrInput, address)
	}
	return bz, nil
}

// ReadBalance reads the value at a BalanceKey; nil, a proven absence, is 0. Values of before SDK v0.46, a whole coin, are read
// too. Error: ErrState for anything else, negative amounts included.
func ReadBalance(value []byte) (math.Int, error) {
	if value == nil {
		return math.ZeroInt(), nil
	}
	amount, err := banktypes.BalanceValueCodec.Decode(value)
	if err != nil || amount.IsNil() || amount.IsNegative() {
		return math.Int{}, fmt.Errorf("%w: balance %q", ErrState, value)
	}
	return amount, nil
}

// Account is what an original chain knows of an account. Number and Sequence are of the base account, however it is wrapped; both
// are 0 where the type holds none that can be found.
type Account struct {
	// Type is the protobuf type URL.
	Type     string
	Number   uint64
	Sequence uint64
	// KeyKnown is true once a public key was recorded, which the first successful signature does.
	KeyKnown bool
	// Vesting is true for one of the SDK's vesting accounts whose Locked, what it was made with,
	// has no amount below 0 and no denom twice.
	Vesting bool
	Locked  sdk.Coins
}

// Plain says whether a vault can use the account (protocol §7): a bare base account, or one of the
// SDK's vesting accounts, of which nobody has used a sequence. Who makes an address that does not
// exist yet a vesting account locks there what was sent with it, and nothing that comes later.
func (a Account) Plain() bool {
	return (a.Type == BaseAccountType || a.Vesting) && a.Sequence == 0 && !a.KeyKnown
}

// LockedIn is the amount in a denom that a vesting account was made with; 0 for other accounts.
func (a Account) LockedIn(denom string) math.Int {
	for _, coin := range a.Locked {
		if coin.Denom == denom {
			return coin.Amount
		}
	}
	return math.ZeroInt()
}

// ReadAccount reads the value at an AccountKey, for the given address; false where it is nil, a proven absence. Vesting, module
// and other accounts that embed a base account as their first field are unwrapped to it. Error: ErrState.
func ReadAccount(address string, value []byte) (Account, bool, error) {
	if value == nil {
		return Account{}, false, nil
	}
	var packed codectypes.Any
	if err := proto.Unmarshal(value, &packed); err != nil || packed.TypeUrl == "" {
		return Account{}, false, fmt.Errorf("%w: account %X", ErrState, value)
	}
	account := Account{Type: cut(packed.TypeUrl, types.MaxMemo)}
	base, found := baseAccount(address, packed.Value)
	if !found && account.Type == BaseAccountType {
		return Account{}, false, fmt.Errorf("%w: base account of %s: %X", ErrState, address, packed.Value)
	}
	account.Number, account.Sequence, account.KeyKnown = base.AccountNumber, base.Sequence, base.PubKey != nil
	if found {
		account.Locked, account.Vesting = originalVesting(&packed)
	}
	return account, true, nil
}

// originalVesting is what a vesting account was made with; false for an account of another type,
// or such as the SDK makes none.
func originalVesting(packed *codectypes.Any) (sdk.Coins, bool) {
	base, found := baseVesting(packed)
	if !found || base == nil {
		return nil, false
	}
	seen := map[string]bool{}
	for _, coin := range base.OriginalVesting {
		if coin.Amount.IsNil() || coin.Amount.IsNegative() || seen[coin.Denom] {
			return nil, false
		}
		seen[coin.Denom] = true
	}
	return base.OriginalVesting, true
}

// baseVesting decodes one of the SDK's vesting accounts.
func baseVesting(packed *codectypes.Any) (*vestingtypes.BaseVestingAccount, bool) {
	switch packed.TypeUrl {
	case ContinuousVestingType:
		var account vestingtypes.ContinuousVestingAccount
		err := proto.Unmarshal(packed.Value, &account)
		return account.BaseVestingAccount, err == nil
	case DelayedVestingType:
		var account vestingtypes.DelayedVestingAccount
		err := proto.Unmarshal(packed.Value, &account)
		return account.BaseVestingAccount, err == nil
	case PeriodicVestingType:
		var account vestingtypes.PeriodicVestingAccount
		err := proto.Unmarshal(packed.Value, &account)
		return account.BaseVestingAccount, err == nil
	case PermanentLockedType:
		var account vestingtypes.PermanentLockedAccount
		err := proto.Unmarshal(packed.Value, &account)
		return account.BaseVestingAccount, err == nil
	}
	return nil, false
}

// baseAccount follows first fields until one is the address.
func baseAccount(address string, bz []byte) (authtypes.BaseAccount, bool) {
	for range maxAccountDepth {
		first, found := firstField(bz)
		if !found {
			break
		}
		if string(first) == address {
			var base authtypes.BaseAccount
			err := proto.Unmarshal(bz, &base)
			return base, err == nil && base.Address == address
		}
		bz = first
	}
	return authtypes.BaseAccount{}, false
}

// firstField is the content of a message's leading field, where that is number 1 and has a length.
func firstField(bz []byte) ([]byte, bool) {
	number, kind, n := protowire.ConsumeTag(bz)
	if n < 0 || number != 1 || kind != protowire.BytesType {
		return nil, false
	}
	content, n := protowire.ConsumeBytes(bz[n:])
	return content, n >= 0
}
