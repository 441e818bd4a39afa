package guard_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// guards are the functions of capi that run an exported body inside guard.Call.
var guards = map[string]bool{"guarded": true, "guardedJob": true, "guardedNext": true}

// TestSourcesAreGuarded keeps the package's invariant over the whole module.
func TestSourcesAreGuarded(t *testing.T) {
	exported := 0
	for path, file := range sources(t, "../..") {
		if !strings.HasPrefix(path, filepath.Join("gocore", "guard")) {
			for _, at := range goStatements(file) {
				t.Errorf("%s: go statement at %v outside gocore/guard: use guard.Group", path, at)
			}
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || !isExported(f) {
				continue
			}
			exported++
			if !isGuarded(f.Body) {
				t.Errorf("%s: exported function %s is more than one call of a guard", path, f.Name)
			}
		}
	}
	// The test would pass on an empty tree too; there are seven exported functions at least.
	if exported < 7 {
		t.Errorf("found %d exported functions", exported)
	}
}

// TestCheckerSeesWhatItShould runs the checks on sources that break the rules.
func TestCheckerSeesWhatItShould(t *testing.T) {
	const head = "package p\n\n//export f\nfunc f() int {\n"
	tests := []struct {
		name, source string
		guarded      bool
		goStatements int
	}{
		{"one guarded call", head + "guarded(1)\n}", true, 0},
		{"one returned guarded call", head + "return guardedNext(1)\n}", true, 0},
		{"work before the guard", head + "work()\nguarded(1)\n}", false, 0},
		{"work in an argument", head + "guarded(work())\n}", false, 0},
		{"no guard", head + "return 1\n}", false, 0},
		{"goroutine in a closure", head + "guarded(func() { go work() })\n}", true, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file, err := parser.ParseFile(token.NewFileSet(), "p.go", tt.source, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			f := file.Decls[0].(*ast.FuncDecl)
			if !isExported(f) || isGuarded(f.Body) != tt.guarded || len(goStatements(file)) != tt.goStatements {
				t.Errorf("exported %v, guarded %v, %d go statements", isExported(f), isGuarded(f.Body), len(goStatements(file)))
			}
		})
	}
}

// sources parses the Go files of the module, tests aside.
func sources(t *testing.T, root string) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	for _, dir := range []string{"capi", "gocore"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
			name, relErr := filepath.Rel(root, path)
			if relErr != nil {
				return relErr
			}
			files[name] = file
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func goStatements(file *ast.File) (at []token.Pos) {
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.GoStmt); ok {
			at = append(at, s.Pos())
		}
		return true
	})
	return at
}

func isExported(f *ast.FuncDecl) bool {
	if f.Doc == nil {
		return false
	}
	for _, c := range f.Doc.List {
		if strings.HasPrefix(c.Text, "//export ") {
			return true
		}
	}
	return false
}

// isGuarded reports whether body is one call of a guard whose arguments run nothing themselves.
func isGuarded(body *ast.BlockStmt) bool {
	if len(body.List) != 1 {
		return false
	}
	var e ast.Expr
	switch s := body.List[0].(type) {
	case *ast.ExprStmt:
		e = s.X
	case *ast.ReturnStmt:
		if len(s.Results) == 1 {
			e = s.Results[0]
		}
	}
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	name, ok := call.Fun.(*ast.Ident)
	if !ok || !guards[name.Name] {
		return false
	}
	for _, arg := range call.Args {
		if _, calls := arg.(*ast.CallExpr); calls {
			return false
		}
	}
	return true
}
