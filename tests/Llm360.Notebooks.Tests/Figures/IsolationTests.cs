// The plotting assembly loads its own Plotly.NET and FSharp.Core, whatever the host has loaded.
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.Loader;

namespace Llm360.Notebooks.Tests;

public class IsolationTests
{
    private static string PlottingFolder => Path.Combine(AppContext.BaseDirectory, "plotting");

    [Fact]
    public void Another_FSharp_Core_in_the_host_does_not_matter()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("llm360-fsharp").FullName, "FSharp.Core.dll");
        var foreign =
            new PersistedAssemblyBuilder(new AssemblyName("FSharp.Core") { Version = new Version(99, 0) }, typeof(object).Assembly);
        foreign.DefineDynamicModule("FSharp.Core");
        foreign.Save(file);
        var loaded = AssemblyLoadContext.Default.LoadFromAssemblyPath(file);
        Assert.Same(loaded, Assembly.Load("FSharp.Core"));

        var renderer = FigureRendering.Load(PlottingFolder);
        var json = renderer.ToPlotlyJson(PlotlyOf.OnePanel(new Trace("a", TraceKind.Line, [0, 1], [1, 2])));

        Assert.Contains("\"data\"", json, StringComparison.Ordinal);
        var context = AssemblyLoadContext.GetLoadContext(renderer.GetType().Assembly)!;
        Assert.NotSame(AssemblyLoadContext.Default, context);
        var own = context.Assemblies.Single(a => a.GetName().Name == "FSharp.Core");
        Assert.Equal(10, own.GetName().Version!.Major);
    }

    [Fact]
    public void The_contract_is_shared_and_not_copied()
    {
        Assert.IsAssignableFrom<IFigureRenderer>(FigureRendering.Load(PlottingFolder));
        Assert.False(File.Exists(Path.Combine(PlottingFolder, "Llm360.Notebooks.dll")));
        Assert.False(File.Exists(Path.Combine(AppContext.BaseDirectory, "Plotly.NET.dll")));
    }

    [Fact]
    public void A_missing_folder_is_told_with_its_path()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "nowhere");
        var error = Assert.Throws<Llm360Exception>(() => FigureRendering.Load(folder));
        Assert.Contains(folder, error.Where, StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_assembly_is_told_with_its_path()
    {
        var folder = Directory.CreateTempSubdirectory("llm360-plotting").FullName;
        File.WriteAllText(Path.Combine(folder, "Llm360.Notebooks.Plotting.dll"), "not an assembly");
        var error = Assert.Throws<Llm360Exception>(() => FigureRendering.Load(folder));
        Assert.Contains(folder, error.Where, StringComparison.Ordinal);
    }
}
