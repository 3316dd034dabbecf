// Command stafid is a StaFi node, its client and its relayer.
package main

import (
	"fmt"
	"os"

	svrcmd "github.com/cosmos/cosmos-sdk/server/cmd"

	"github.com/stafiprotocol/stafid/app"
	"github.com/stafiprotocol/stafid/cmd/stafid/cmd"
)

func main() {
	if err := svrcmd.Execute(cmd.NewRootFor(os.Args[1:]), cmd.EnvPrefix, app.DefaultNodeHome); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
