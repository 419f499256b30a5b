// llm360 kernel install, list and uninstall, as a user runs them.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.EndToEnd.Jupyter;

public sealed class InstallTests
{
    [Fact]
    public async Task A_kernel_is_installed_listed_and_removed()
    {
        using var llm360 = new Llm360Command { Variables = { ["JUPYTER_DATA_DIR"] = "" } };
        llm360.Variables["JUPYTER_DATA_DIR"] = llm360.PathOf("data");
        (string[], string)[] places =
        [
            (["--user"], llm360.PathOf("data")),
            (["--prefix", llm360.PathOf("env"), "--name", "other"], llm360.PathOf("env", "share", "jupyter")),
        ];
        foreach (var (arguments, root) in places)
        {
            var installed = await llm360.RunAsync(["kernel", "install", .. arguments]);
            Assert.True(installed.ExitCode == 0, installed.Error);
            Assert.Equal(arguments.Length > 1, installed.Error.Contains("is new", StringComparison.Ordinal));
            var name = arguments.Length == 1 ? "llm360-csharp" : "other";
            var spec = JsonNode.Parse(File.ReadAllText(Path.Combine(root, "kernels", name, "kernel.json")))!;
            Assert.Equal(("C#", "message"), (spec["language"]!.ToString(), spec["interrupt_mode"]!.ToString()));
            Assert.All(spec["argv"]!.AsArray().Take(2), part => Assert.True(File.Exists(part!.ToString()), part.ToString()));
            var listed = await llm360.RunAsync("kernel", "list", "--prefix", llm360.PathOf("env"));
            Assert.True(listed.ExitCode == 0, listed.Output + listed.Error);
            Assert.Contains(name, listed.Output, StringComparison.Ordinal);
            var removed = await llm360.RunAsync(["kernel", "uninstall", .. arguments.Where(a => a != "--user")]);
            Assert.True(removed.ExitCode == 0, removed.Error);
            Assert.False(Directory.Exists(Path.Combine(root, "kernels", name)));
        }

        var none = await llm360.RunAsync("kernel", "uninstall");
        Assert.Equal(1, none.ExitCode);
        Assert.Contains("what to do", none.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_kernel_whose_program_is_gone_is_told_and_another_kernels_folder_is_left_alone()
    {
        using var llm360 = new Llm360Command();
        var data = llm360.Variables["JUPYTER_DATA_DIR"] = llm360.PathOf("data");
        Assert.Equal(0, (await llm360.RunAsync("kernel", "install")).ExitCode);
        var file = Path.Combine(data, "kernels", "llm360-csharp", "kernel.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("llm360.dll", "moved.dll", StringComparison.Ordinal));
        var listed = await llm360.RunAsync("kernel", "list");
        Assert.Equal(1, listed.ExitCode);
        Assert.Contains("gone", listed.Output, StringComparison.Ordinal);

        Directory.CreateDirectory(Path.Combine(data, "kernels", "python3"));
        File.WriteAllText(Path.Combine(data, "kernels", "python3", "kernel.json"), """{"argv":["python3"],"display_name":"Python 3"}""");
        Assert.Equal(1, (await llm360.RunAsync("kernel", "install", "--name", "python3")).ExitCode);
        Assert.Equal(1, (await llm360.RunAsync("kernel", "uninstall", "--name", "python3")).ExitCode);
        Assert.Equal(1, (await llm360.RunAsync("kernel", "install", "--name", "a/b")).ExitCode);
        Assert.True(File.Exists(Path.Combine(data, "kernels", "python3", "kernel.json")));
    }
}
