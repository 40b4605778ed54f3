#!/bin/sh
# stranger.sh TARGET PROGRAMS VERSION: uses the jar as a stranger would, against a mock service: the programs of docs/ from an
# empty folder by a plain `java -cp`, and a program in one jar that ProGuard has shrunk with the rules that the jar brings.
set -eu
target=$1
programs=$2
folder=$(mktemp -d)
trap 'exec 9>&-; rm -rf "$folder"' EXIT
jar=$target/mypreferences-client-$3.jar
dependencies=$(cat "$target/classpath-runtime.txt")

# The library with the hooks of the tests is built into the same folder.
if unzip -p "$jar" '*/libmypreferences_uniffi.*' | grep -q panic_in_next_call; then
  echo "the jar has a native library with hooks for tests" >&2 && exit 1
fi

# The native library comes from the jar alone: `cargo run` names the folder of its own libraries here.
unset LD_LIBRARY_PATH

mkfifo "$folder/stdin"
"$programs/mypreferences" mock --no-auth --exit-with-stdin --export 1 --export 2 --export 3 --export 4 \
  --segment Everyone:2500 <"$folder/stdin" >"$folder/port" &
exec 9>"$folder/stdin"
while ! grep -q port "$folder/port"; do sleep 0.05; done
port=$(tr -dc 0-9 <"$folder/port")
export MYPREFERENCES_CLIENT_ID=ExampleClient MYPREFERENCES_BASE_URL="http://127.0.0.1:$port" \
  MYPREFERENCES_AUTHORIZATION=made-up

mkdir "$folder/classes" "$folder/empty"
cp "$target"/test-classes/Readme*.class "$folder/classes/"
cd "$folder/empty"
for program in ReadmeKotlinKt:1 ReadmeJava:2; do
  said=$(java -cp "$jar:$dependencies:$folder/classes" "${program%:*}" "${program#*:}")
  case $said in
    '{"outcome":"committed",'*) echo "${program%:*}: committed from an empty folder" ;;
    *) echo "${program%:*} said: $said" >&2 && exit 1 ;;
  esac
done

# The programs that land an export and commit it.
for program in ReadmeExportKotlinKt ReadmeExportJava; do
  said=$(java -cp "$jar:$dependencies:$folder/classes" $program Everyone "$folder/$program")
  case $said in
    *'"rows":2500,'*'"end":"committed",'*) ;;
    *) echo "$program said: $said" >&2 && exit 1 ;;
  esac
  [ "$(cat "$folder/$program"/batch=*/part-*.ndjson | wc -l)" = 2500 ]
  echo "$program: landed 2,500 records and committed"
done

# What fits no platform is told of in words.
cp "$jar" "$folder/bare.jar"
(cd "$folder" && python3 - <<'PYTHON'
import zipfile
with zipfile.ZipFile("bare.jar") as whole, zipfile.ZipFile("without.jar", "w") as bare:
    for name in whole.namelist():
        if "mypreferences_uniffi" not in name:
            bare.writestr(name, whole.read(name))
PYTHON
)
if java -cp "$folder/without.jar:$dependencies:$folder/classes" ReadmeJava 3 2>"$folder/words"; then
  echo "a jar without a native library worked" >&2 && exit 1
fi
grep -q 'mypreferences has no native library for this platform' "$folder/words"
echo "no native library: told of in words"

# Shrunk: only what the program reaches is left, and what our rules keep.
{
  echo "-injars $folder/classes"
  echo "-injars $jar"
  echo "$dependencies" | tr : '\n' | sed 's/.*/-injars &(!META-INF\/**)/'
  echo "-outjars $folder/shrunk.jar"
  echo "-libraryjars <java.home>/jmods(!**.jar;!module-info.class)"
  echo "-keep public class ReadmeJava { public static void main(java.lang.String[]); }"
  echo "-dontnote"
  echo "-dontwarn kotlin.**,kotlinx.**,org.jetbrains.**"
  unzip -p "$jar" META-INF/proguard/mypreferences.pro
} >"$folder/rules.pro"
java -cp "$(cat "$target/classpath-test.txt")" proguard.ProGuard "@$folder/rules.pro" >"$folder/proguard.log" 2>&1 ||
  { cat "$folder/proguard.log" >&2 && exit 1; }
said=$(java -cp "$folder/shrunk.jar" ReadmeJava 4)
case $said in
  '{"outcome":"committed",'*) ;;
  *) echo "the shrunk program said: $said" >&2 && exit 1 ;;
esac
echo "shrunk to $(($(wc -c <"$folder/shrunk.jar") / 1024)) KiB: committed"
