// #r "nuget: ..." from a feed made here: transitive packages, native libraries, errors; no network.
using System.IO.Compression;
using System.Runtime.InteropServices;
using Llm360.Notebooks.Kernel.Execution;
using Llm360.Notebooks.Kernel.Tests.Execution;
using Xunit;

namespace Llm360.Notebooks.Kernel.Tests.Packages;

public sealed class PackageTests : IDisposable
{
    // Each test has its own ids and assemblies: the process keeps what it has loaded, the user's
    // cache what was restored.
    private readonly string mark = "T" + Guid.NewGuid().ToString("N")[..12];
    private readonly RecordingSink sink = new();
    private readonly TemporaryFolder folder = new();
    private readonly CSharpSession session;

    public PackageTests()
    {
        Directory.CreateDirectory(folder.File("feed"));
        File.WriteAllText(folder.File("NuGet.config"), $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{folder.File("cache")}" /></config>
              <packageSources><clear /><add key="here" value="{folder.File("feed")}" /></packageSources>
            </configuration>
            """);
        session = new CSharpSession(sink, new SessionOptions { WorkingDirectory = folder.Path });
    }

    public void Dispose()
    {
        session.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task A_package_comes_with_what_it_needs()
    {
        var inner = Compile("Inner", "public static class Inner { public static int Value => 7; }");
        var outer = Compile("Outer", "public static class Outer { public static int Value => 10 * Inner.Value; }", inner);
        Pack("Inner", "1.1.0", [], ("lib/net8.0/", inner));
        Pack("Outer", "2.0.0", [("Inner", "1.0.0")], ("lib/netstandard2.0/", outer));
        var result = await RunAsync($"#r \"nuget: {mark}.Outer, 2.0.0\"\n{mark}.Outer.Value + {mark}.Inner.Value");
        Assert.Equal("", string.Join('\n', result.Error?.Traceback ?? []));
        Assert.Equal("77", sink.LastPlain);
        Assert.Equal($"Restored {mark}.Outer 2.0.0", sink.Bundles("update").Last().Data["text/plain"]!.ToString());

        // Later cells have it, and asking again restores nothing.
        Assert.Equal(CellStatus.Ok, (await RunAsync($"#r \"nuget: {mark}.Outer, 2.0.0\"\n{mark}.Outer.Value")).Status);
        Assert.Single(sink.Bundles("update"));

        // Another session finds the set restored before, without the feed.
        Directory.Delete(folder.File("feed"), recursive: true);
        using var other = new CSharpSession(sink, new SessionOptions { WorkingDirectory = folder.Path });
        var again = await other.ExecuteAsync(
            $"#r \"nuget: {mark}.Outer, 2.0.0\"\n{mark}.Outer.Value", TestContext.Current.CancellationToken);
        Assert.Equal(CellStatus.Ok, again.Status);
    }

    [Fact]
    public async Task Native_libraries_of_a_package_are_found()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "takes a native library of the Linux runtime for its example");
        var native = folder.File($"lib{mark}.so");
        File.Copy(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "libSystem.Native.so"), native);
        var import = $"[System.Runtime.InteropServices.DllImport(\"{mark}\", EntryPoint = \"SystemNative_GetPid\")]";
        var managed = Compile("Caller", $"public static class Caller {{ {import} public static extern int Pid(); }}");
        Pack("Caller", "1.0.0", [], ("lib/net8.0/", managed), ($"runtimes/{RuntimeInformation.RuntimeIdentifier}/native/", native));
        var result = await RunAsync($"#r \"nuget: {mark}.Caller\"\n{mark}.Caller.Pid() == Environment.ProcessId");
        Assert.Equal("", string.Join('\n', result.Error?.Traceback ?? []));
        Assert.Equal("True", sink.LastPlain);
    }

    [Fact]
    public async Task A_package_that_is_not_there_is_told_where_the_cell_asks_for_it()
    {
        var result = await RunAsync($"// A package.\n#r \"nuget: {mark}.Nowhere, 1.0.0\"\n1");
        Assert.Equal((CellStatus.CompileError, "nuget", 2), (result.Status, result.Error!.Name, result.Error.Line));
        Assert.Contains($"NU1101: Unable to find package {mark}.Nowhere", result.Error.Message, StringComparison.Ordinal);
        Assert.Contains($"#r \"nuget: {mark}.Nowhere, 1.0.0\"", result.Error.Traceback[1], StringComparison.Ordinal);
        Assert.Equal(CellStatus.Ok, (await RunAsync("1")).Status);
    }

    [Fact]
    public async Task A_source_is_added_by_the_cell()
    {
        Directory.CreateDirectory(folder.File("more"));
        Pack("Extra", "1.0.0", [], [("lib/net8.0/", Compile("Extra", "public static class Extra { public static int Value => 3; }"))],
            "more");
        Assert.Equal("nuget", (await RunAsync($"#r \"nuget: {mark}.Extra, 1.0.0\"\n1")).Error!.Name);
        var result = await RunAsync(
            $"using System;\n#i \"nuget: more\"\nvar two = 2;\n#r \"nuget: {mark}.Extra, 1.0.0\"\n{mark}.Extra.Value + two");
        Assert.Equal("", string.Join('\n', result.Error?.Traceback ?? []));
        Assert.Equal("5", sink.LastPlain);
        var missing = (await RunAsync("1\n#i \"nuget: nowhere\"")).Error!;
        Assert.Equal(("nuget", 2), (missing.Name, missing.Line));
        Assert.Contains("#i names a source", (await RunAsync("#i \"somewhere\"")).Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Versions_that_are_not_used_are_told()
    {
        foreach (var version in new[] { "1.0.0", "2.0.0" })
        {
            var path = CompileVersion("Twice", $"[assembly: System.Reflection.AssemblyVersion(\"{version}\")]",
                $"public static class Twice {{ public static int Value => {version[0]}; }}");
            Pack("Twice", version, [], [("lib/net8.0/", path)]);
        }

        Assert.Null((await RunAsync($"#r \"nuget: {mark}.Twice, 1.0.0\"\n{mark}.Twice.Value")).Error);
        Assert.Equal("", sink.Stderr);
        await RunAsync($"#r \"nuget: {mark}.Twice, 2.0.0\"\n1");
        Assert.Equal($"{mark}.Twice 1.0.0 is loaded already and stays; 2.0.0 is used after a restart of the kernel.\n", sink.Stderr);

        var single = Compile("Newer", "public static class Newer { }");
        Pack("Newer", "3.1.0", [], [("lib/net8.0/", single)]);
        sink.Calls.Clear();
        Assert.Null((await RunAsync($"#r \"nuget: {mark}.Newer, 3.0.0\"\n1")).Error);
        Assert.Equal($"Restored {mark}.Newer 3.1.0", sink.Bundles("update").Last().Data["text/plain"]!.ToString());
        Assert.StartsWith($"{mark}.Newer 3.1.0 is used; 3.0.0 is not in the sources", sink.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_version_of_the_kits_own_packages_is_told_and_NET_Interactives_are_left_out()
    {
        Assert.Null((await RunAsync("#r \"nuget: TorchSharp, 0.1.0\"\n1")).Error);
        Assert.Matches("^TorchSharp [0-9.]+ comes with the kit and is used; the cell asks for 0.1.0.\n$", sink.Stderr);
        sink.Calls.Clear();
        Assert.Null((await RunAsync(
            "#r \"nuget: Microsoft.DotNet.Interactive.ExtensionLab, *-*\"\n#r \"nuget: Llm360.Notebooks\"\n1")).Error);
        Assert.Contains("this kernel runs without it", sink.Stderr, StringComparison.Ordinal);
    }

    private Task<CellResult> RunAsync(string code) => session.ExecuteAsync(code, TestContext.Current.CancellationToken);

    private string Compile(string name, string source, params string[] references)
    {
        var path = folder.File($"{mark}.{name}.dll");
        TestAssembly.Compile(path, $"namespace {mark} {{ {source} }}", references);
        return path;
    }

    private string CompileVersion(string name, string attributes, string source)
    {
        var path = folder.File($"{mark}.{name}.dll");
        TestAssembly.Compile(path, $"{attributes} namespace {mark} {{ {source} }}");
        return path;
    }

    private void Pack(string name, string version, (string Name, string Version)[] needs, params (string Folder, string File)[] files) =>
        Pack(name, version, needs, files, "feed");

    private void Pack(string name, string version, (string Name, string Version)[] needs, (string Folder, string File)[] files, string feed)
    {
        using var package = ZipFile.Open(Path.Combine(folder.File(feed), $"{mark}.{name}.{version}.nupkg"), ZipArchiveMode.Create);
        foreach (var (target, file) in files)
            package.CreateEntryFromFile(file, target + Path.GetFileName(file));
        using var writer = new StreamWriter(package.CreateEntry($"{mark}.{name}.nuspec").Open());
        var dependencies = needs.Select(need => $"<dependency id=\"{mark}.{need.Name}\" version=\"{need.Version}\" />");
        writer.Write($"""
            <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd"><metadata>
              <id>{mark}.{name}</id><version>{version}</version><authors>tests</authors><description>A test's package.</description>
              <dependencies>{string.Concat(dependencies)}</dependencies>
            </metadata></package>
            """);
    }
}
