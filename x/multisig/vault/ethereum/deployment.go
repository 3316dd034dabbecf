package ethereum

import (
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// Deployment is where a chain has the contracts of Safe 1.4.1.
type Deployment struct {
	// Factory is SafeProxyFactory, which deploys a vault's proxy.
	Factory common.Address
	// Singleton is Safe, the code of every proxy.
	Singleton common.Address
	// ProxyCodeHash is keccak256 of SafeProxy's creation code followed by the singleton's address in 32 bytes.
	ProxyCodeHash common.Hash
	// MultiSend is MultiSendCallOnly, or MultiSend, which takes the same calldata and could do more than a payload needs.
	MultiSend common.Address
}

// Canonical is the deployment at the addresses that are the same on all public networks; Safe's deployer derives them from the contracts' code.
func Canonical() Deployment {
	return Deployment{
		Factory:       common.HexToAddress("0x4e1DCf7AD4e460CfD30791CCC4F9c8a4f820ec67"),
		Singleton:     common.HexToAddress("0x41675C099F32341bf84BFc5382aF534df5C7461a"),
		ProxyCodeHash: common.HexToHash("0x76733d705f71b79841c0ee960a0ca880f779cde7ef446c989e6d23efc0a4adfb"),
		MultiSend:     common.HexToAddress("0x9641d764fc13c8B624c04430C7356C1C7C8102e2"),
	}
}

// Genesis is what a contract's Safe is deployed with; its address follows, before anything is deployed.
type Genesis struct {
	// Owners in any order; the Safe lists them in the order of their addresses.
	Owners    []common.Address
	Threshold uint32
	// Salt tells the vaults of the same owners apart: the contract's id.
	Salt uint64
}

// Address returns where the factory deploys the Safe (CREATE2, EIP-1014). Whoever sends Deploy, and whenever, it is this Safe with these
// owners. Errors: ErrOwners, ErrThreshold.
func (g Genesis) Address(d Deployment) (common.Address, error) {
	owners, err := g.First()
	if err != nil {
		return common.Address{}, err
	}
	salt := crypto.Keccak256Hash(crypto.Keccak256(setup(owners)), common.BigToHash(g.salt()).Bytes())
	return crypto.CreateAddress2(d.Factory, salt, d.ProxyCodeHash.Bytes()), nil
}

// Deploy returns the calldata for the factory that deploys the Safe. It asks for no module, guard, fallback handler or payment.
// Errors: ErrOwners, ErrThreshold.
func (g Genesis) Deploy(d Deployment) ([]byte, error) {
	owners, err := g.First()
	if err != nil {
		return nil, err
	}
	return createProxy(d.Singleton, setup(owners), g.salt()), nil
}

// First returns the Safe's first owners in its list's order. Errors: ErrOwners, ErrThreshold.
func (g Genesis) First() (Owners, error) {
	owners := Owners{List: slices.Clone(g.Owners), Threshold: g.Threshold}
	slices.SortFunc(owners.List, common.Address.Cmp)
	return owners, owners.Validate(common.Address{})
}

func (g Genesis) salt() *big.Int { return new(big.Int).SetUint64(g.Salt) }
