module github.com/polars-io-tools/polars-io-tools-go

go 1.26
