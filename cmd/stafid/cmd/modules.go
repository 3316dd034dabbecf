package cmd

import (
	"slices"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoregistry"

	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"
	"cosmossdk.io/client/v2/autocli"
	"cosmossdk.io/client/v2/autocli/flag"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
)

// addModules puts a command for each module below query and below tx, and below that one for
// each of its methods where the words ask for it.
func addModules(query, tx *cobra.Command, options autocli.AppOptions, words words) error {
	for name, module := range options.ModuleOptions {
		options.ModuleOptions[name] = &autocliv1.ModuleOptions{
			Query: words.outline(query, name, module.GetQuery()),
			Tx:    words.outline(tx, name, module.GetTx()),
		}
	}
	if !words.name(tx) {
		// Hand-written commands are of transactions only; building them all for no use costs.
		options.Modules = nil
	}
	builder := &autocli.Builder{
		Builder: flag.Builder{
			TypeResolver:          protoregistry.GlobalTypes,
			FileResolver:          newProtoFiles(),
			AddressCodec:          options.AddressCodec,
			ValidatorAddressCodec: options.ValidatorAddressCodec,
			ConsensusAddressCodec: options.ConsensusAddressCodec,
		},
		GetClientConn: func(cmd *cobra.Command) (grpc.ClientConnInterface, error) {
			return client.GetClientQueryContext(cmd)
		},
		AddQueryConnFlags: func(cmd *cobra.Command) {
			flags.AddQueryFlagsToCmd(cmd)
			flags.AddKeyringFlags(cmd.Flags())
		},
		AddTxConnFlags: flags.AddTxFlagsToCmd,
	}
	return options.EnhanceRootCommandWithBuilder(query.Root(), builder)
}

// words are the arguments of a call. Cobra descends into a command only where a word is its name
// or alias, so what no word names needs its name and short text alone, for the help of its parent.
type words struct {
	all  bool
	args []string
}

// name reports whether a word names the command.
func (w words) name(cmd *cobra.Command) bool {
	return w.all || slices.ContainsFunc(w.args, func(word string) bool { return word == cmd.Name() || cmd.HasAlias(word) })
}

// outline is the service as it is where words name the module below its parent, and without its
// methods where they don't.
func (w words) outline(
	parent *cobra.Command, module string, service *autocliv1.ServiceCommandDescriptor,
) *autocliv1.ServiceCommandDescriptor {
	if service == nil || w.all || w.name(parent) && slices.Contains(w.args, module) {
		return service
	}
	return &autocliv1.ServiceCommandDescriptor{Short: service.Short}
}
