// The packages: what is in them, the tool installed from them, and a project that uses the library.
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Llm360.Notebooks.EndToEnd.Jupyter;
using Llm360.Notebooks.Kernel.Documents;
using Llm360.Notebooks.Kernel.Tests.Jupyter;

namespace Llm360.Notebooks.EndToEnd;

[Collection(typeof(AloneTests))]
public sealed class PackageTests(PackedFeed packed) : IClassFixture<PackedFeed>
{
    [Fact]
    public void No_path_of_the_building_machine_is_in_them_and_nothing_is_left_out()
    {
        Assert.SkipWhen(packed.Reason is not null, packed.Reason ?? "");
        var files = new HashSet<string>();
        var specifications = new List<string>();
        string[] paths = [Workspace.Repository!, packed.PathOf(), Environment.GetFolderPath(Environment.SpecialFolder.UserProfile)
            + Path.DirectorySeparatorChar];
        foreach (var (name, content) in Directory.GetFiles(packed.Feed).SelectMany(Entries))
        {
            files.Add(name);
            if (name.EndsWith(".nuspec", StringComparison.Ordinal) && name.Contains(".nupkg/", StringComparison.Ordinal))
                specifications.Add(Encoding.UTF8.GetString(content));
            foreach (var text in paths.SelectMany(p => new[] { Encoding.UTF8.GetBytes(p), Encoding.Unicode.GetBytes(p) }))
                Assert.True(content.AsSpan().IndexOf(text) < 0, $"{name} holds {Encoding.UTF8.GetString(text)}");
        }

        const string library = $"Llm360.Notebooks.{PackedFeed.Version}.nupkg",
            kernel = $"Llm360.Notebooks.Kernel.{PackedFeed.Version}.nupkg", tool = $"Llm360.Notebooks.Cli.{PackedFeed.Version}.nupkg";
        string[] expected =
        [
            $"{library}/README.md", $"{library}/lib/net10.0/Llm360.Notebooks.xml",
                $"{library}/lib/net10.0/plotting/Llm360.Notebooks.Plotting.dll",
            $"{kernel}/README.md", $"{kernel}/lib/net10.0/Llm360.Notebooks.Kernel.xml",
            $"{tool}/README.md", $"{tool}/tools/net10.0/any/plotting/Plotly.NET.dll",
            $"Llm360.Notebooks.{PackedFeed.Version}.snupkg/lib/net10.0/Llm360.Notebooks.pdb",
            $"Llm360.Notebooks.Kernel.{PackedFeed.Version}.snupkg/lib/net10.0/Llm360.Notebooks.Kernel.pdb",
        ];
        Assert.Empty(expected.Except(files));
        Assert.DoesNotContain(files, k => k.Contains("torch_cpu", StringComparison.Ordinal)
            || k.Contains("libduckdb", StringComparison.Ordinal));
        Assert.NotEmpty(specifications);
        Assert.All(specifications, s => Assert.Contains("<license type=\"expression\">Apache-2.0</license>", s, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_tool_is_installed_and_works_outside_of_a_checkout()
    {
        Assert.SkipWhen(packed.Reason is not null, packed.Reason ?? "");
        var tools = packed.PathOf("tools");
        await SucceedAsync(packed.PathOf(), "dotnet", "tool", "install", "Llm360.Notebooks.Cli", "--tool-path", tools, "--version",
            PackedFeed.Version);
        var llm360 = Path.Combine(tools, OperatingSystem.IsWindows() ? "llm360.exe" : "llm360");
        // A user whose home has no package at all: doctor --fix takes them from the feeds that
        // NuGet.config names.
        var without = await packed.RunAsync(packed.PathOf(), llm360, "doctor");
        Assert.Equal(1, without.ExitCode);
        Assert.Contains("llm360 doctor --fix", without.Error, StringComparison.Ordinal);
        var mended = await packed.RunAsync(packed.PathOf(), llm360, "doctor", "--fix");
        Assert.True(mended.ExitCode == 0, mended.Error);
        Assert.Matches(@"Fetching [0-9]+ packages into .*: [0-9.]+ MB", mended.Error);
        Assert.Contains("Nothing to fix", mended.Output, StringComparison.Ordinal);
        await SucceedAsync(packed.PathOf(), llm360, "new", "course");
        var course = packed.PathOf("course");
        Assert.True(File.Exists(Path.Combine(course, "notebooks", "00-tour.ipynb")));
        await SucceedAsync(course, llm360, "train", "pico", "-q");
        Assert.True(File.Exists(packed.PathOf("home", "suites", "pico", "suite.json")));

        var notebook = Path.Combine(course, "own.ipynb");
        var cells = NotebookFile.Create();
        foreach (var cell in new[]
        {
            "#r \"nuget: Llm360.Notebooks\"\nusing Llm360.Notebooks;\nvar suite = Suites.Open(\"pico\");",
            "var scores = await suite.Memorization(new(PromptLength: 16, ContinuationLength: 16, SequencesPerChunk: "
                + "8)).ScoreAsync(suite.Checkpoints);",
            "suite.Query(\"select count(distinct chunk) as chunks from memorization\")",
            "Figures.MemorizationByChunk(scores)",
        })
        {
            cells.InsertCell(cells.Cells.Count, CellType.Code, cell);
        }

        cells.Write(notebook);
        await SucceedAsync(course, llm360, "run", "own.ipynb");
        var executed = File.ReadAllText(packed.PathOf("home", "runs", "own.ipynb"));
        Assert.Contains("chunks", executed, StringComparison.Ordinal);
        Assert.Contains("image/svg+xml", executed, StringComparison.Ordinal);

        // The kernel that is installed is the tool's, and finds what was written here from
        // anywhere.
        await SucceedAsync(course, llm360, "kernel", "install", "--as", ".net-csharp", "--prefix", packed.PathOf("env"));
        var spec = JsonNode.Parse(File.ReadAllText(packed.PathOf("env", "share", "jupyter", "kernels", ".net-csharp", "kernel.json")))!;
        var command = spec["argv"]!.AsArray().Select(part => part!.ToString()).ToList();
        var variables = spec["env"]!.AsObject().ToDictionary(variable => variable.Key, variable => variable.Value!.ToString());
        Assert.Equal((llm360, packed.PathOf("home")), (command[0], variables[Workspace.HomeVariable]));
        variables["HOME"] = variables["USERPROFILE"] = packed.PathOf("user-home");
        await using var kernel = new KernelProcess(command, variables, Directory.CreateDirectory(packed.PathOf("elsewhere")).FullName,
            KernelClient.Free());
        var (reply, published) = kernel.Client.Ready()
            .Run("#r \"nuget: Llm360.Notebooks\"\n#!time\nSuites.Open(\"pico\").Checkpoints.Count > 0");
        Assert.True(reply["status"]!.ToString() == "ok", reply.ToJsonString());
        Assert.Contains(published, message =>
            message.Type == "execute_result" && message.Content["data"]!["text/plain"]!.ToString() == "True");
    }

    [Fact]
    public async Task A_project_uses_library_and_kernel_from_the_feed()
    {
        Assert.SkipWhen(packed.Reason is not null, packed.Reason ?? "");
        var folder = Directory.CreateDirectory(packed.PathOf("user")).FullName;
        // Packages of the feed stay out of this user's cache; all others come from there.
        File.WriteAllText(Path.Combine(folder, "user.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <RestorePackagesPath>{packed.PathOf("cache")}</RestorePackagesPath>
                <RestoreFallbackFolders>{PackageCache.Roots()[0]}</RestoreFallbackFolders>
              </PropertyGroup>
              <ItemGroup><PackageReference Include="Llm360.Notebooks.Kernel" Version="{PackedFeed.Version}" /></ItemGroup>
            </Project>
            """);
        File.WriteAllText(Path.Combine(folder, "Program.cs"), """
            using Llm360.Notebooks;
            using Llm360.Notebooks.Kernel.Jupyter;
            Console.WriteLine(Suites.Open("amber").Checkpoints.Count + " " + Device.Best + " " + KernelSpec.DefaultName);
            var rows = Suites.Open("amber").Query("select 1 as x, 2 as y union all select 3, 4");
            Console.WriteLine(Figures.Line(rows, "x", "y").ToSvg()[..4]);
            """);
        var output = await SucceedAsync(folder, "dotnet", "run", "-c", "Release");
        Assert.Contains("360 cpu llm360-csharp", output, StringComparison.Ordinal);
        Assert.Contains("<svg", output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_sizes_that_doctor_shows_are_those_of_the_packages()
    {
        foreach (var package in Cli.Commands.MissingPackages.All)
        {
#pragma warning disable CA1308 // The cache spells folders in lower case.
            var (id, version) = (package.Id.ToLowerInvariant(), package.Version.ToLowerInvariant());
#pragma warning restore CA1308
            var file = PackageCache.Roots().Select(r => Path.Combine(r, id, version, $"{id}.{version}.nupkg")).FirstOrDefault(File.Exists);
            Assert.SkipWhen(file is null, $"{id} {version} is not in the NuGet cache as a file.");
            if (Cli.Commands.MissingPackages.Size(package) is not null || OperatingSystem.IsLinux())
                Assert.Equal(new FileInfo(file!).Length, Cli.Commands.MissingPackages.Size(package));
        }
    }

    private static IEnumerable<(string Name, byte[] Content)> Entries(string package)
    {
        using var zip = ZipFile.OpenRead(package);
        foreach (var entry in zip.Entries)
        {
            using var content = new MemoryStream();
            using (var stream = entry.Open())
                stream.CopyTo(content);
            yield return ($"{Path.GetFileName(package)}/{entry.FullName}", content.ToArray());
        }
    }

    private async Task<string> SucceedAsync(string folder, string program, params string[] arguments)
    {
        var result = await packed.RunAsync(folder, program, arguments);
        Assert.True(result.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {result.Output}{result.Error}");
        return result.Output;
    }
}
